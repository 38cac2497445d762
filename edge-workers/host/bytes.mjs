export function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

// The stream's bytes, or null as soon as there are more than `limit` or than `admits(size)` takes, or `signal` is
// aborted; the rest is never buffered.
export async function readAtMost(stream, limit, admits = () => true, signal = undefined) {
  if (!stream) return new Uint8Array();
  const ended = new Promise((resolve) => signal?.addEventListener('abort', () => resolve({ isOver: true })));
  const chunks = [];
  let size = 0;
  for (const reader = stream.getReader(); ;) {
    const { done, value, isOver } = await Promise.race([reader.read(), ended]);
    if (done) break;
    size += value?.length ?? 0;
    if (isOver || size > limit || !admits(size)) {
      reader.cancel().catch(() => {});
      return null;
    }
    chunks.push(value);
  }
  return joined(chunks);
}
