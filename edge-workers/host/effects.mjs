// What the core can ask for, done. An effect never throws: it says what failed, the core decides.

import { joined, readAtMost } from './bytes.mjs';
import { SecretMissing, SecretRefused, localOrigins } from './secrets.mjs';
import { BadKey, signers, verifiers } from './signatures.mjs';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
const MAX_QUEUE_DELAY_SECS = 12 * 3600;
// Of every request: Supabase refuses a secret key that comes with a browser's.
const USER_AGENT = ['user-agent', 'webfluentia-edge'];

export class Effects {
  // `password`: of the request's basic auth, which the core never sees.
  constructor(env, secrets, password) {
    this.env = env;
    this.secrets = secrets;
    this.password = password;
    this.kinds = {
      http: (effect, body) => this.http(effect, body),
      put_object: (effect, body) => this.putObject(effect, body),
      get_object: (effect) => this.getObject(effect),
      verify: (effect, body) => this.verify(effect, body),
      sign: (effect) => this.sign(effect),
      enqueue: (effect) => this.enqueue(effect),
    };
  }

  async run(effect, body) {
    const kind = this.kinds[effect.kind];
    if (!kind) return { failed: 'unknown', message: `no effect of kind ${effect.kind}` };
    return this.#guard(() => kind(effect, body));
  }

  async #guard(act) {
    try {
      return await act();
    } catch (error) {
      const message = this.secrets.redact(String(error?.message ?? error));
      return { failed: failureOf(error), message, ...(error?.secret && { name: error.secret }) };
    }
  }

  async http(effect, body) {
    if (effect.capture) return this.#capture(effect, body);
    return this.#shown(await this.#call(effect, body));
  }

  // The reply of a token endpoint: the core is told that there is a token, never which. Of a refusal
  // it sees everything.
  async #capture(effect, body) {
    const { name, refresh } = effect.capture;
    if (this.secrets.holds(name, refresh)) return { captured: true };
    const patience = effect.timeout_ms ?? DEFAULT_TIMEOUT_MS;
    return this.secrets.once(name, patience, () =>
      this.#guard(async () => {
        const reply = await this.#call(effect, body);
        if (!reply.bytes || reply.status < 200 || reply.status > 299) return this.#shown(reply);
        const granted = readJson(reply.bytes);
        const value = granted?.access_token ?? '';
        if (granted === undefined || typeof value !== 'string')
          return { failed: 'not_json', message: 'the reply cannot be read' };
        if (value === '') return { failed: 'not_captured', message: 'the reply has no access_token' };
        if (!this.secrets.keep(name, value, granted.expires_in))
          return { failed: 'short_lived', message: 'the token ends within a minute' };
        return { captured: true };
      }),
    );
  }

  #shown({ bytes, headers, ...reply }) {
    if (!bytes) return reply;
    return {
      ...reply,
      headers: headers.map(([name, value]) => [name, this.secrets.redact(value)]),
      bytes: this.secrets.redactBytes(bytes),
    };
  }

  async #call(effect, body) {
    const asked = new URL(effect.url);
    const url = new URL(this.secrets.fill(effect.url, asked, encodeURIComponent));
    if (url.origin !== asked.origin) throw new SecretRefused("a secret changed the URL's host");
    const origins = localOrigins(this.env);
    const target = origins[url.origin] ? origins[url.origin] + url.pathname + url.search : url.href;
    const headers = effect.headers.map(([name, value]) => [name, this.secrets.fill(value, asked)]);
    headers.push(USER_AGENT);
    const signal = AbortSignal.timeout(effect.timeout_ms ?? DEFAULT_TIMEOUT_MS);
    const filled = body && this.#filledBody(effect, this.secrets.redactLent(body), asked);
    const started = Date.now();
    // A redirect is handed to the core like any reply: followed here, it would carry the secrets on.
    const reply = await fetch(target, {
      method: effect.method,
      headers,
      signal,
      redirect: 'manual',
      body: filled,
    });
    const bytes = await readAtMost(reply.body, effect.max_bytes ?? DEFAULT_MAX_BYTES);
    if (bytes === null) return { failed: 'too_large', message: 'the reply is larger than allowed' };
    return { status: reply.status, headers: [...reply.headers], bytes, elapsed_ms: Date.now() - started };
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

  async putObject({ key, content_type, if_absent, metadata }, body) {
    const stored = await this.env.RAW.put(key, this.secrets.redactBytes(body ?? new Uint8Array()), {
      httpMetadata: { contentType: content_type },
      ...(metadata && { customMetadata: this.#clean(metadata) }),
      ...(if_absent && { onlyIf: { etagDoesNotMatch: '*' } }),
    });
    return { stored: stored !== null };
  }

  async getObject({ key }) {
    const object = await this.env.RAW.get(key);
    if (!object) return { found: false };
    const bytes = new Uint8Array(await object.arrayBuffer());
    return { found: true, bytes, metadata: object.customMetadata ?? {} };
  }

  #clean(texts) {
    return Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, this.secrets.redact(String(text))]),
    );
  }

  async verify({ algorithm, secret, prefix, signatures }, body) {
    const verifier = verifiers[algorithm];
    if (!verifier) throw new Error(`no algorithm ${algorithm}`);
    const key = this.secrets.get(secret);
    const signed = body ?? new Uint8Array();
    const message = prefix ? joined([new TextEncoder().encode(prefix), signed]) : signed;
    const valid = await verifier(key, message, signatures, this.password);
    return { valid: key !== undefined && valid, secret_present: key !== undefined };
  }

  async sign({ algorithm, secret, message, capture }) {
    const signer = signers[algorithm];
    if (!signer) throw new Error(`no algorithm ${algorithm}`);
    const key = this.secrets.get(secret);
    if (key === undefined) throw new SecretMissing(secret);
    if (!capture) return { signature: await this.#signOpenly(algorithm, key, message) };
    const value = await signer(key, this.secrets.fillMessage(message, secret));
    this.secrets.keep(capture.name, value, capture.expires_in_secs);
    return { captured: true };
  }

  // What the core gets to see: never what would open a provider's door (a JWT), nor anything made of
  // another secret.
  async #signOpenly(algorithm, key, message) {
    const open = algorithm === 'hmac-sha256' && !message.includes('{{secret:');
    if (!open) throw new SecretRefused('this signature stays in the host: name where it is captured');
    return signers[algorithm](key, message);
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
  if (error instanceof BadKey) return 'bad_key';
  return error?.name === 'TimeoutError' || error?.name === 'AbortError' ? 'timeout' : 'network';
}

function readJson(bytes) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
