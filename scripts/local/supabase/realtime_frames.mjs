// Phoenix frames of both protocol versions that supabase-js speaks.
// 1.0.0: JSON objects. 2.0.0: JSON arrays, and binary frames for broadcasts.
// https://supabase.com/docs/guides/realtime/protocol

const serverBroadcast = 4;
const jsonEncoding = 1;

/** {joinRef, ref, topic, event, payload}, or null for what is not a frame. */
export function decodeFrame(version, data, isBinary) {
  // client broadcasts are the only binary frames; nobody may broadcast but the database
  if (isBinary) return null;
  try {
    const value = JSON.parse(data.toString('utf8'));
    const frame = version === 1 ? fromObject(value) : fromArray(value);
    return typeof frame?.topic === 'string' && typeof frame.event === 'string' ? frame : null;
  } catch {
    return null;
  }
}

function fromObject({ join_ref: joinRef = null, ref = null, topic, event, payload }) {
  return { joinRef, ref, topic, event, payload: payload ?? {} };
}

function fromArray(value) {
  if (!Array.isArray(value)) return null;
  const [joinRef = null, ref = null, topic, event, payload] = value;
  return { joinRef, ref, topic, event, payload: payload ?? {} };
}

export function encodeFrame(version, { joinRef = null, ref = null, topic, event, payload }) {
  return version === 1
    ? JSON.stringify({ topic, event, payload, ref, join_ref: joinRef })
    : JSON.stringify([joinRef, ref, topic, event, payload]);
}

/** A message from the database. Text for version 1, a Buffer for version 2. */
export function encodeBroadcast(version, topic, { id, event, payload }) {
  if (version === 1) {
    const body = { type: 'broadcast', event, payload, meta: { id } };
    return encodeFrame(version, { topic, event: 'broadcast', payload: body });
  }
  const parts = [topic, event, JSON.stringify({ id })].map((text) => Buffer.from(text, 'utf8'));
  const lengths = parts.map((part) => part.length);
  const head = Buffer.from([serverBroadcast, ...lengths, jsonEncoding]);
  return Buffer.concat([head, ...parts, Buffer.from(JSON.stringify(payload), 'utf8')]);
}
