// What the core can ask for, done. An effect never throws: it says what failed, the core decides.

import { SecretMissing, SecretRefused, byteString, localOrigins } from './secrets.mjs';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
const MAX_QUEUE_DELAY_SECS = 12 * 3600;
const HMAC = { name: 'HMAC', hash: 'SHA-256' };

// Checked against when no secret is configured, so that the answer takes the same time.
let strangersKey;

export class Effects {
  constructor(env, secrets) {
    this.env = env;
    this.secrets = secrets;
    this.kinds = {
      http: (effect, body) => this.http(effect, body),
      put_object: (effect, body) => this.putObject(effect, body),
      get_object: (effect) => this.getObject(effect),
      verify: (effect, body) => this.verify(effect, body),
      enqueue: (effect) => this.enqueue(effect),
    };
  }

  async run(effect, body) {
    const kind = this.kinds[effect.kind];
    if (!kind) return { failed: 'unknown', message: `no effect of kind ${effect.kind}` };
    try {
      return await kind(effect, body);
    } catch (error) {
      return { failed: failureOf(error), message: this.secrets.redact(String(error?.message ?? error)) };
    }
  }

  async http(effect, body) {
    const asked = new URL(effect.url);
    const url = new URL(this.secrets.fill(effect.url, asked, encodeURIComponent));
    if (url.origin !== asked.origin) throw new SecretRefused("a secret changed the URL's host");
    const origins = localOrigins(this.env);
    const target = origins[url.origin] ? origins[url.origin] + url.pathname + url.search : url.href;
    const headers = effect.headers.map(([name, value]) => [name, this.secrets.fill(value, asked)]);
    const signal = AbortSignal.timeout(effect.timeout_ms ?? DEFAULT_TIMEOUT_MS);
    // A redirect is handed to the core like any reply: followed here, it would carry the secrets on.
    const reply = await fetch(target, {
      method: effect.method,
      headers,
      signal,
      redirect: 'manual',
      body: body && this.#filledBody(effect, body, asked),
    });
    const bytes = await readAtMost(reply.body, effect.max_bytes ?? DEFAULT_MAX_BYTES);
    if (bytes === null) return { failed: 'too_large', message: 'the reply is larger than allowed' };
    return {
      status: reply.status,
      headers: [...reply.headers].map(([name, value]) => [name, this.secrets.redact(value)]),
      bytes: this.secrets.redactBytes(bytes),
    };
  }

  // A body may carry what strangers wrote, placeholders included. So it is filled only for the
  // names that the effect lists; everything else in it is text.
  #filledBody(effect, body, url) {
    const names = effect.body_secrets ?? [];
    if (names.length === 0) return body;
    const form = effect.headers.some(([, value]) => value.includes('x-www-form-urlencoded'));
    const encode = form ? encodeURIComponent : (value) => JSON.stringify(value).slice(1, -1);
    return names.reduce((text, name) => {
      const placeholder = `{{secret:${name}}}`;
      return text.replaceAll(placeholder, () => this.secrets.fill(placeholder, url, encode));
    }, new TextDecoder().decode(body));
  }

  async putObject({ key, content_type, if_absent }, body) {
    const stored = await this.env.RAW.put(key, this.secrets.redactBytes(body ?? new Uint8Array()), {
      httpMetadata: { contentType: content_type },
      ...(if_absent && { onlyIf: { etagDoesNotMatch: '*' } }),
    });
    return { stored: stored !== null };
  }

  async getObject({ key }) {
    const object = await this.env.RAW.get(key);
    return object ? { found: true, bytes: new Uint8Array(await object.arrayBuffer()) } : { found: false };
  }

  async verify({ algorithm, secret, prefix, signatures }, body) {
    if (algorithm !== 'hmac-sha256') throw new Error(`no algorithm ${algorithm}`);
    strangersKey ??= byteString(crypto.getRandomValues(new Uint8Array(32)));
    const value = this.secrets.get(secret);
    const raw = new TextEncoder().encode(value ?? strangersKey);
    const key = await crypto.subtle.importKey('raw', raw, HMAC, false, ['sign']);
    const head = new TextEncoder().encode(prefix ?? '');
    const message = new Uint8Array(head.length + (body?.length ?? 0));
    message.set(head);
    if (body) message.set(body, head.length);
    const expected = new Uint8Array(await crypto.subtle.sign(HMAC.name, key, message));
    const matches = signatures.map((signature) => sameBytes(expected, signature));
    return { valid: value !== undefined && matches.includes(true), secret_present: value !== undefined };
  }

  async enqueue({ message, delay_secs = 0 }) {
    const delaySeconds = Math.min(Math.max(0, Math.ceil(delay_secs)), MAX_QUEUE_DELAY_SECS);
    await this.env.JOBS.send(message, { delaySeconds });
    return { queued: true };
  }
}

function failureOf(error) {
  if (error instanceof SecretRefused) return 'secret_refused';
  if (error instanceof SecretMissing) return 'secret_missing';
  return error?.name === 'TimeoutError' || error?.name === 'AbortError' ? 'timeout' : 'network';
}

// Constant time: every byte is looked at, whatever the text holds.
function sameBytes(expected, hex) {
  const shape = /^[0-9a-f]{64}$/i.test(hex);
  let difference = shape ? 0 : 1;
  for (let i = 0; i < expected.length; i++)
    difference |= expected[i] ^ (shape ? parseInt(hex.slice(2 * i, 2 * i + 2), 16) : 0);
  return difference === 0;
}

// The stream's bytes, or null as soon as there are more than `limit`; the rest is never buffered.
export async function readAtMost(stream, limit) {
  if (!stream) return new Uint8Array();
  const chunks = [];
  let size = 0;
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      reader.cancel().catch(() => {});
      return null;
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
