export function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

// The stream's bytes, or null as soon as there are more than `limit` or than `admits(size)` takes; the rest is never
// buffered.
export async function readAtMost(stream, limit, admits = () => true) {
  if (!stream) return new Uint8Array();
  const chunks = [];
  let size = 0;
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit || !admits(size)) {
      reader.cancel().catch(() => {});
      return null;
    }
    chunks.push(value);
  }
  return joined(chunks);
}
