// The Worker around its cores: turns requests, ticks and messages into flows. It decides nothing about
// them; what it refuses by itself is only size, method and shape of a path, a service that has no webhook, and
// what needs settings that it cannot read.

import { Bodies, MAX_BODY_BYTES, MAX_HELD_BYTES } from './bodies.mjs';
import { Captures } from './captures.mjs';
import { CoreFailure, runFlow } from './core.mjs';
import { Effects } from './effects.mjs';
import { assetReply, readConfig, refusal } from './pages.mjs';
import {
  Secrets,
  configuredNames,
  configurationProblem,
  readBundle,
  serviceDigests,
  settingsDigest,
  settingsFor,
} from './secrets.mjs';

const WEBHOOK_PATH = /^\/webhooks\/([a-z0-9-]{1,63})\/([a-z0-9-]{1,63})$/;
const WORKSPACE_PATH = /^\/api\/workspaces\/([a-z0-9-]{1,63})\//;
// A JWT, which Supabase's are: anything longer, or of another form, is nobody's session, and is not looked for either.
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;
const MAX_SESSION_LENGTH = 8192;
export const DEAD_LETTERS = /-dead$/; // the queue of wrangler.toml

// Headers that may hold a person's session are not the core's business.
const PRIVATE_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization']);

// One for the life of the isolate: its flows share what they were granted.
const captures = new Captures();
const bodies = new Bodies();

const write = (line) => console.log(line);
const log = (level, fields) => write(JSON.stringify({ level, ...fields }));
// What others throw may quote what they were given, secrets with it: of that only the kind.
const wordsOf = (error) => (error instanceof CoreFailure ? error.message : String(error?.name));

const unavailable = (secs) => refusal(503, 'unavailable', 'Temporarily unavailable', { 'retry-after': secs });
const outcomeUnknown = () => refusal(502, 'outcome-unknown', 'It is not known whether this was done');
const tooLarge = () => refusal(413, 'too-large', 'The body is larger than 5 MB');

// Runs one flow bound to one workspace; `respond` receives the reply of an HTTP flow. A secret that
// somebody sends here is taken out first: its signature then fails, and the core has not seen it. (A held body is
// checked as it came, and cleaned on its way to R2.) What is lent is the sender's own, and is looked for in what
// leaves: in what a stranger sends it might be searched for as long as they like.
// `called` is told of each call that is not the database's.
function start(core, env, event, workspace, { parts = [], respond, session, password, held, called } = {}) {
  const secrets = new Secrets(env, core.manifest(), workspace, captures);
  const clean = {
    event: JSON.parse(secrets.redact(JSON.stringify(event))),
    config: { supabase_url: env.SUPABASE_URL, publishable_key: env.SUPABASE_PUBLISHABLE_KEY },
    parts: parts.map((part) => secrets.redactBytes(part)),
    held,
  };
  if (session) secrets.lend(core.manifest().session.name, session);
  const effects = new Effects(env, secrets, password);
  const act = (effect, body) => {
    if (called && effect.kind === 'http' && !effect.url.startsWith(env.SUPABASE_URL)) called();
    if (effect.kind === 'log') {
      write(secrets.redact(JSON.stringify({ level: effect.level, ...effect.fields })));
    } else if (effect.kind === 'respond') {
      respond?.(flowReply(effect, body, secrets));
    } else {
      return effects.run(effect, body);
    }
  };
  return runFlow(core, clean, act);
}

function flowReply(effect, body, secrets) {
  const headers = (effect.headers ?? []).map(([name, value]) => [name, secrets.redact(value)]);
  return new Response(body ? secrets.redactBytes(body) : null, { status: effect.status, headers });
}

// `reply` is there as soon as the flow has said what; `over` when the flow itself has ended.
function httpFlow(core, env, context, event, workspace, options) {
  let over;
  const reply = new Promise((resolve) => {
    let hasCalled = false;
    const called = () => (hasCalled = true);
    const failed = (error) => {
      log('error', { what: 'a flow failed', message: wordsOf(error) });
      // A mail may be on its way: whoever is told to come again would send it twice.
      resolve(hasCalled ? outcomeUnknown() : unavailable('30'));
    };
    over = Promise.resolve()
      .then(() => start(core, env, event, workspace, { ...options, respond: resolve, called }))
      .then(() => resolve(refusal(500, 'internal', 'No reply')), failed);
  });
  context.waitUntil(over);
  return { reply, over };
}

const headerPairs = (request) => [...request.headers].filter(([name]) => !PRIVATE_HEADERS.has(name));

const isTooLarge = (body) => body === null || body.length > MAX_BODY_BYTES;

// Of what may be anything only what has the form of a name.
const pathToTell = (path) => (WEBHOOK_PATH.test(path) ? path : (WORKSPACE_PATH.exec(path)?.[0] ?? '/api/'));

// The sender of one that is too large is told by status, the agency by the log.
async function withBody(request, path, limit, answer) {
  const reply = await bodies.use(request, limit, (body) => {
    if (isTooLarge(body)) log('warn', { what: 'a body is larger than 5 MB', path: pathToTell(path) });
    return answer(body);
  });
  return reply ?? unavailable('30');
}

// RFC 7617. Who it is for says the path, so the name before the colon is not looked at.
function presentedPassword(request) {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  try {
    const bytes = Uint8Array.from(atob(encoded ?? ''), (char) => char.charCodeAt(0));
    const text = new TextDecoder().decode(bytes);
    return text.includes(':') ? text.slice(text.indexOf(':') + 1) : undefined;
  } catch {
    return undefined;
  }
}

async function webhook(core, env, context, request, path) {
  const [, service, workspace] = WEBHOOK_PATH.exec(path) ?? [];
  const isOf = ({ name }) => name.startsWith(`${service}.`);
  if (!service || !core.manifest().secrets.some(isOf)) return refusal(404, 'not-found', 'Not found');
  if (request.method !== 'POST') return refusal(405, 'method-not-allowed', 'Only POST', { allow: 'POST' });
  // Its secret may be in there: the sender is to try again once somebody has mended it.
  if (readBundle(env, workspace, core.manifest()).problem) return unavailable('300');
  const event = { kind: 'webhook', service, workspace, headers: headerPairs(request) };
  const password = presentedPassword(request);
  return withBody(request, path, MAX_HELD_BYTES, (body) => {
    const options = isTooLarge(body) ? { password, held: body } : { password, parts: [body] };
    const given = isTooLarge(body) ? { too_large: true, held: body !== null } : { body: 1 };
    return httpFlow(core, env, context, { ...event, ...given }, workspace, options);
  });
}

// Who asks is told by the token, which stays here: the core asks the database with it.
async function api(core, env, context, request, path) {
  const workspace = WORKSPACE_PATH.exec(path)?.[1] ?? null;
  const event = {
    kind: 'api',
    method: request.method,
    path,
    headers: headerPairs(request),
    ...settingsFor(env, core.manifest(), workspace),
    body: 1,
  };
  const token = BEARER.exec(request.headers.get('authorization') ?? '')?.[1];
  const session = token?.length <= MAX_SESSION_LENGTH ? token : undefined;
  return withBody(request, path, MAX_BODY_BYTES, (body) =>
    body ? httpFlow(core, env, context, event, workspace, { parts: [body], session }) : { reply: tooLarge() },
  );
}

function route(core, env, context, request) {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith('/webhooks/')) return webhook(core, env, context, request, pathname);
  if (pathname === '/config.json') return readConfig(env);
  if (pathname.startsWith('/api/')) return api(core, env, context, request, pathname);
  return assetReply(env, request);
}

async function job(core, env, message, kind) {
  const { workspace } = message.body;
  const event = { kind, message: message.body, ...settingsFor(env, core.manifest(), workspace) };
  const { outcome, delay_secs } = await start(core, env, event, workspace);
  if (outcome === 'retry') return message.retry({ delaySeconds: delay_secs ?? 0 });
  return message.ack();
}

// A core of each module that is deployed (docs/abi.md): `edge` does the queued work, `gateway` the rest. The Worker
// makes them from its bundled modules, a test from files.
export function makeWorker({ edge, gateway }) {
  const refuse = (env) => {
    const problem = configurationProblem(env);
    if (problem) log('error', { what: 'this Worker does not start', message: problem });
    return problem;
  };
  return {
    async fetch(request, env, context) {
      const problem = refuse(env);
      if (problem) return refusal(500, 'worker-not-configured', `Not configured: ${problem}`);
      return route(gateway, env, context, request);
    },
    async scheduled(_controller, env) {
      const problem = refuse(env);
      if (problem) throw new CoreFailure(problem);
      const manifest = gateway.manifest();
      const configured = {
        ...configuredNames(env, manifest),
        settings: await settingsDigest(env),
        service_settings: await serviceDigests(env, manifest),
      };
      const event = { kind: 'tick', configured };
      await start(gateway, env, event, null).catch((error) => {
        log('error', { what: 'a tick failed', message: wordsOf(error) });
        throw new CoreFailure('a tick failed'); // Cloudflare's list of ticks shows it, too
      });
    },
    async queue(batch, env) {
      const problem = refuse(env);
      const kind = DEAD_LETTERS.test(batch.queue) ? 'dead_letter' : 'job';
      const run = async (message) => {
        if (problem) return message.retry({ delaySeconds: 60 });
        await job(edge, env, message, kind).catch((error) => {
          log('error', { what: `a ${kind} flow failed`, message: wordsOf(error) });
          message.retry({ delaySeconds: 30 }); // what stopped the core once may do so again
        });
      };
      await Promise.all(batch.messages.map(run));
    },
  };
}
