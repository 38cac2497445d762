// Where keys are read, and who may be sent them.
// The names and their hosts come from the core's manifest; no service is known here.

import { Captures } from './captures.mjs';
import { MIN_SECRET_LENGTH, Redaction } from './redaction.mjs';
import { BadKey, hexOf } from './signatures.mjs';

const MAX_BUNDLE_BYTES = 5 * 1024;
const MAX_ID_BYTES = 2000;
const PLACEHOLDER = /\{\{secret:([a-z0-9_.]+)\}\}/g;
const CONTROL = /[\u0000-\u001f\u007f]/;
export const WORKSPACE_PREFIX = 'WORKSPACE_';

export class SecretRefused extends Error {}
export class SecretMissing extends Error {
  constructor(name) {
    super(`${name} is not configured`);
    this.secret = name;
  }
}

export const isLoopback = (host) => ['127.0.0.1', 'localhost', '[::1]'].includes(host);

// Everything that makes this Worker unfit to start, in words; null when it may.
export function configurationProblem(env) {
  const supabase = URL.canParse(env.SUPABASE_URL ?? '') ? new URL(env.SUPABASE_URL) : null;
  if (!env.SUPABASE_URL) return 'SUPABASE_URL is not set (locally: .dev.vars, written by scripts/dev)';
  if (!supabase) return 'SUPABASE_URL is not a URL';
  const local = isLoopback(supabase.hostname);
  if (!local && supabase.protocol !== 'https:') return 'SUPABASE_URL is not https';
  if (env.SUPABASE_URL.toLowerCase() !== supabase.origin)
    return 'SUPABASE_URL is more than https://<project>.supabase.co: no path, no slash at its end';
  if (!env.SUPABASE_PUBLISHABLE_KEY) return 'SUPABASE_PUBLISHABLE_KEY is not set';
  if (!env.SUPABASE_SECRET_KEY) return 'SUPABASE_SECRET_KEY is not set';
  // The page is given this one: swapped, whoever opens it would have the whole database.
  if (
    !isPublishable(env.SUPABASE_PUBLISHABLE_KEY) ||
    env.SUPABASE_PUBLISHABLE_KEY === env.SUPABASE_SECRET_KEY
  )
    return 'SUPABASE_PUBLISHABLE_KEY is not a publishable key: sb_publishable_..., or the legacy anon key';
  // PostgREST takes a JWT from another header, and would ask as nobody.
  if (env.SUPABASE_SECRET_KEY.startsWith('eyJ'))
    return 'SUPABASE_SECRET_KEY is a legacy JWT: make a secret key, sb_secret_...';
  if (!env.LOCAL_ORIGINS) return null;
  if (!local) return 'LOCAL_ORIGINS is set although SUPABASE_URL is not on this machine';
  const origins = parseObject(env.LOCAL_ORIGINS);
  if (!origins) return 'LOCAL_ORIGINS is not a JSON object';
  const stays = (target) => URL.canParse(target) && isLoopback(new URL(target).hostname);
  return Object.values(origins).every(stays) ? null : 'LOCAL_ORIGINS leads away from this machine';
}

function isPublishable(key) {
  if (!key.startsWith('eyJ')) return !key.startsWith('sb_secret_');
  try {
    const [, payload] = key.split('.');
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))).role === 'anon';
  } catch {
    return false;
  }
}

export function localOrigins(env) {
  return env.LOCAL_ORIGINS ? parseObject(env.LOCAL_ORIGINS) : {};
}

export function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

const utf8Length = (text) => new TextEncoder().encode(text).length;
export const variableOf = (slug) => WORKSPACE_PREFIX + slug.toUpperCase().replaceAll('-', '_');
const slugOf = (variable) => variable.slice(WORKSPACE_PREFIX.length).toLowerCase().replaceAll('_', '-');

// What is part of a name would be taken out of our own messages, too.
function secretProblem(value, namesHere) {
  if (typeof value !== 'string') return 'is not text';
  const secret = value.trim().toLowerCase();
  if (secret.length < MIN_SECRET_LENGTH) return 'is too short to be a key';
  return namesHere.some((name) => name.includes(secret))
    ? 'is part of a name here: anybody would guess it'
    : null;
}

// A part of rows and their keys: as long as an index of Postgres takes, and text that has an encoding.
function idProblem(value) {
  const isText = (one) => typeof one === 'string' && one.trim() !== '' && one.isWellFormed();
  const ok = (one) => (isText(one) && utf8Length(one) <= MAX_ID_BYTES) || Number.isSafeInteger(one);
  if (Array.isArray(value) ? value.length > 0 && value.every(ok) : ok(value)) return null;
  const isTooLong = (one) => Number.isInteger(one) && !Number.isSafeInteger(one);
  return [value].flat().some(isTooLong) ? 'is too long for a number: put it in quotes' : 'is not an id';
}

const NO_BUNDLE = { values: new Map(), problem: null };

// One workspace's bundle: `{"service":{"key":"value"}}` by full name. A bundle with a problem
// gives no values at all, so that half a configuration is never acted upon.
export function readBundle(env, slug, manifest) {
  const variable = variableOf(slug);
  const text = env[variable];
  const refuse = (why) => ({ values: new Map(), problem: `${variable} ${why}` });
  if (text === undefined) return NO_BUNDLE;
  if (typeof text !== 'string') return refuse('is not text');
  if (utf8Length(text) > MAX_BUNDLE_BYTES) return refuse('is larger than 5 KB');
  const bundle = parseObject(text);
  if (!bundle) return refuse('is not a JSON object');
  const values = new Map();
  const namesHere = [slug, ...[...manifest.secrets, ...manifest.ids].map(({ name }) => name)];
  for (const [names, problemOf] of [
    [manifest.secrets, secretProblem],
    [manifest.ids, idProblem],
  ]) {
    for (const { name, scope } of names) {
      const [service, key] = name.split('.');
      const value = bundle[service]?.[key];
      if (value === undefined || value === null || scope === 'agency') continue;
      const problem = problemOf(value, namesHere);
      if (problem) return refuse(`has a ${name} that ${problem}`);
      values.set(name, typeof value === 'string' ? value.trim() : value);
    }
  }
  return { values, problem: null };
}

// A secret (it has hosts) that is too short to be hidden is none.
function agencyValue(env, { env: variable, hosts }) {
  const value = variable ? env[variable] : undefined;
  const least = hosts ? MIN_SECRET_LENGTH : 1;
  return typeof value === 'string' && value.trim().length >= least ? value.trim() : undefined;
}

const idText = (value) => (Array.isArray(value) ? value.map(idText) : String(value).trim());

// Account ids are no secrets: the core gets their values, as text. `values` is a bundle's.
function idsIn(values, manifest) {
  const ids = manifest.ids.filter(({ name }) => values.has(name));
  return Object.fromEntries(ids.map(({ name }) => [name, idText(values.get(name))]));
}

// What a workspace lacks, unless its own bundle has that service's other way to sign in.
function agencyValueFor(own, env, entry) {
  return entry.unless?.some((name) => own.has(name)) ? undefined : agencyValue(env, entry);
}

function agencyIds(env, manifest, own = new Map()) {
  const ids = manifest.ids.map((entry) => [entry.name, agencyValueFor(own, env, entry)]);
  return Object.fromEntries(ids.filter(([, value]) => value !== undefined));
}

// What a flow is told of a workspace's settings: the ids that it may use, its own, else the agency's, and whether its
// own could be read.
export function settingsFor(env, manifest, workspace) {
  const { values, problem } = workspace ? readBundle(env, workspace, manifest) : NO_BUNDLE;
  const ids = { ...agencyIds(env, manifest, values), ...idsIn(values, manifest) };
  return { ids, settings_unreadable: problem !== null };
}

const bundledSlugs = (env) =>
  Object.keys(env)
    .filter((key) => key.startsWith(WORKSPACE_PREFIX))
    .map(slugOf);

// What is configured: keys by name only, ids with their values. Detection starts from it.
export function configuredNames(env, manifest) {
  const all = [...manifest.secrets, ...manifest.ids];
  const agency = all.filter((entry) => agencyValue(env, entry) !== undefined).map(({ name }) => name);
  const workspaces = {};
  for (const slug of bundledSlugs(env)) {
    const { values, problem } = readBundle(env, slug, manifest);
    workspaces[slug] = { present: [...values.keys()], problem, ids: idsIn(values, manifest) };
  }
  return { agency, agency_ids: agencyIds(env, manifest), workspaces };
}

// Tells these values from others, and nothing else of them: 16 hexadecimal digits of a SHA-256.
async function digestOf(pairs) {
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(pairs)));
  return hexOf(new Uint8Array(digest)).slice(0, 16);
}

export const settingsDigest = (env) =>
  digestOf(Object.entries(env).filter(([, value]) => typeof value === 'string'));

// The same of each service's own: of a workspace's by `<slug> <service>`, of the agency's by ` <service>`; and, with
// ` account` after it, of the keys alone that are sent to the provider, which tell whose account it is. Each may be of
// one short key: with the deployment's secret and its owner it can neither be guessed nor compared with another's.
export async function serviceDigests(env, manifest) {
  const sent = new Set(manifest.secrets.filter(({ hosts }) => hosts?.length > 0).map(({ name }) => name));
  const pairs = new Map();
  const add = (slug, name, value) => {
    const owner = `${slug} ${name.split('.')[0]}`;
    for (const one of sent.has(name) ? [owner, `${owner} account`] : [owner])
      pairs.set(one, [...(pairs.get(one) ?? []), [name, value]]);
  };
  for (const entry of [...manifest.secrets, ...manifest.ids]) {
    const value = agencyValue(env, entry);
    if (value !== undefined) add('', entry.name, value);
  }
  for (const slug of bundledSlugs(env))
    for (const [name, value] of readBundle(env, slug, manifest).values) add(slug, name, value);
  const digests = [...pairs].map(async ([owner, values]) => [
    owner,
    await digestOf([[owner, env.SUPABASE_SECRET_KEY], ...values]),
  ]);
  return Object.fromEntries(await Promise.all(digests));
}

// The secrets one flow may use: those of its one workspace and the agency's.
export class Secrets {
  #values = new Map();
  #hosts = new Map();
  #redaction = new Redaction();
  #lent = new Redaction();
  #captured = new Map(); // names of what expires, and the values that this flow has used

  constructor(env, manifest, workspace, captures = new Captures()) {
    this.env = env;
    this.workspace = workspace;
    this.captures = captures;
    const bundle = workspace ? readBundle(env, workspace, manifest).values : new Map();
    for (const entry of manifest.secrets) {
      const value = bundle.get(entry.name) ?? agencyValueFor(bundle, env, entry);
      if (value !== undefined) this.#values.set(entry.name, value);
      this.#allow(entry);
    }
    for (const entry of manifest.captured ?? []) {
      this.#captured.set(entry.name, undefined);
      this.#allow(entry);
    }
    if (manifest.session) this.#allow(manifest.session);
    this.#redaction.hide(...this.#values.values());
  }

  #allow({ name, hosts }) {
    this.#hosts.set(
      name,
      hosts.map((host) => hostOf(host, this.env)),
    );
  }

  // A secret of the request that this flow answers, listed in the manifest as `session`.
  lend(name, value) {
    this.#values.set(name, value);
    this.#lent.hideExactly(value);
  }

  get(name) {
    return this.#values.get(name);
  }

  // Fills placeholders for a call to `url`; `encode` spells the value as its place needs it.
  fill(text, url, encode = (value) => value) {
    return text.replace(PLACEHOLDER, (_, name) => {
      const sent = this.#hosts.get(name)?.includes(url.host);
      const safe = url.protocol === 'https:' || isLoopback(url.hostname);
      if (!sent || !safe) throw new SecretRefused(`${name} may not be sent to ${url.host}`);
      const value = this.#use(name);
      if (CONTROL.test(value)) throw new BadKey(`${name} has a line break or the like inside`);
      return encode(value);
    });
  }

  // Fills placeholders of a text that is signed with `secret`: only with what the same service has.
  fillMessage(text, secret) {
    const [service] = secret.split('.');
    return text.replace(PLACEHOLDER, (_, name) => {
      if (name.split('.')[0] !== service) throw new SecretRefused(`${name} is not of ${service}`);
      return this.#use(name);
    });
  }

  #use(name) {
    const value = this.#captured.has(name) ? this.captures.get(this.workspace, name) : this.#values.get(name);
    if (value === undefined) throw new SecretMissing(name);
    if (this.#captured.has(name) && this.#captured.get(name) !== value) {
      this.#captured.set(name, value);
      this.#redaction.hide(value);
    }
    return value;
  }

  // Whether a captured value is there. `refresh`: one that this flow has not found refused yet.
  holds(name, refresh) {
    const value = this.captures.get(this.workspace, name);
    return value !== undefined && !(refresh && value === this.#captured.get(name));
  }

  keep(name, value, expiresInSecs) {
    if (!this.#captured.has(name)) throw new SecretRefused(`${name} is not listed as captured`);
    return this.captures.keep(this.workspace, name, value, expiresInSecs);
  }

  once(name, patienceMs, fetch) {
    return this.captures.once(this.workspace, name, patienceMs, fetch);
  }

  redact(text) {
    return this.#lent.text(this.#redaction.text(text));
  }

  redactBytes(bytes) {
    return this.#lent.bytes(this.#redaction.bytes(bytes));
  }

  // Of what goes out: the core has been given nothing that holds another secret, but for what is lent.
  redactLent(bytes) {
    return this.#lent.bytes(bytes);
  }
}

const hostOf = (host, env) => (host.startsWith('$') ? new URL(env[host.slice(1)]).host : host);
