// Runs inside workerd. Its clock stands still while it computes, so it only repeats; who measures is
// outside (bench.mjs). POST / keeps a page; /run?side=...&times=N works on it, /output?side=... shows the
// upsert's body. /start?flow=NAME&module=N runs a first flow (first_flows.mjs) in the module of that number.
import { Core, runFlow } from './core.mjs';
import { config, firstFlows, http, leaseBytes, message } from './first_flows.mjs';
import modules from './modules.mjs';
import { Secrets } from './secrets.mjs';

const cores = modules.map((module) => new Core(module));
let page = null; // bytes, as fetch gives them
let envelope = null; // the upsert's body without its rows
let env = null; // as the host's

// A value for each secret that the core may ask for: the workspace's own where it may have one.
function environment({ secrets }) {
  const env = { SUPABASE_URL: config.supabase_url };
  const own = {};
  for (const { name, env: variable, scope } of secrets) {
    const value = `fake_${crypto.randomUUID()}`;
    const [service, key] = name.split('.');
    if (scope === 'agency') env[variable] = value;
    else (own[service] ??= {})[key] = value;
  }
  return { ...env, WORKSPACE_HARBOR_YOGA: JSON.stringify(own) };
}

// The same, with what the host does to the page on its way: it is looked through for secrets.
function withHost(core) {
  const secrets = new Secrets((env ??= environment(core.manifest())), core.manifest(), message.workspace);
  return withWasm(core, (bytes) => secrets.redactBytes(bytes));
}

// The whole visit of a sync flow, as the host runs it: lease, page, raw bytes kept, rows applied. The
// last call is answered with an error, which ends the flow there.
async function withWasm(core, redact = (bytes) => bytes) {
  let body = null;
  const answer = (effect, bytes) => {
    if (effect.kind === 'put_object') return { stored: redact(bytes).length > 0 };
    if (effect.kind !== 'http') return undefined;
    if (effect.url.endsWith('/rpc/take_lease')) return http(leaseBytes);
    if (!effect.url.endsWith('/rpc/apply_page')) return http(redact(page.subarray()));
    body = bytes;
    return http(new Uint8Array(), 500);
  };
  const act = (effect, bytes) => {
    const result = answer(effect, bytes);
    return result && Promise.resolve(result);
  };
  await runFlow(core, { event: { kind: 'job', message, ids: {} }, config }, act);
  return body;
}

function withText(text) {
  const { rows } = JSON.parse(text);
  const table = { ...envelope.p.tables[0] };
  table.rows = rows.map(({ keys, clicks, impressions, ctr, position }) => ({
    query: keys[0],
    page: keys[1],
    clicks,
    impressions,
    ctr,
    position,
  }));
  return JSON.stringify({ p: { ...envelope.p, tables: [table] } });
}

const sides = {
  'bytes to bytes': () => new TextEncoder().encode(withText(new TextDecoder().decode(page))),
  'text to text': (text) => withText(text),
  ...Object.fromEntries(cores.map((core, i) => [`wasm ${i}`, () => withWasm(core)])),
  'wasm 0, hosted': () => withHost(cores[0]),
};

async function keep(request) {
  page = new Uint8Array(await request.arrayBuffer());
  envelope = JSON.parse(new TextDecoder().decode(await withWasm(cores[0])));
  envelope.p.tables[0].rows = [];
  return new Response('');
}

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === 'POST') return keep(request);
    if (pathname === '/start') {
      const core = cores[searchParams.get('module')];
      return Response.json(await firstFlows[searchParams.get('flow')](core, environment(core.manifest())));
    }
    const side = sides[searchParams.get('side')];
    if (!side) return new Response('no such side');
    const text = new TextDecoder().decode(page);
    if (pathname === '/output') return new Response(await side(text));
    for (let left = Number(searchParams.get('times')); left > 0; left--) await side(text);
    return Response.json({ memory: cores.map((core) => core.instance().exports.memory.buffer.byteLength) });
  },
};
