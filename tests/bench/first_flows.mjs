// The first flows of an isolate, each as the host runs it, with the replies of a small workspace: what the
// queue starts (a page is leased, fetched, kept and applied), and what the clock and a page ask for (a tick
// with its detection, a workspace's anomalies).
import { runFlow } from './core.mjs';
import { configuredNames, settingsFor } from './secrets.mjs';

const supabase_url = 'https://project.supabase.example';
export const config = { supabase_url };
const client_id = '22222222-2222-4222-8222-222222222222';
const run_id = '33333333-3333-4333-8333-333333333333';
const headers = [['date', 'Sat, 21 Nov 2026 13:00:00 GMT']]; // the provider's clock, part of the output
const bytesOf = (value) => new TextEncoder().encode(JSON.stringify(value));
export const http = (bytes, status = 200) => ({ status, headers, bytes, elapsed_ms: 1 });

export const message = {
  ...{ job: 'sync', workspace: 'harbor-yoga', client_id, service: 'search_console', stream: 'queries' },
  ...{ partition: 'sc-domain:harbor-yoga.example', run_id },
};
const window = { from: '2026-11-20T13:00:00Z', to: '2026-11-21T13:00:00Z' };
export const leaseBytes = bytesOf({
  ...{ granted: true, lease: '44444444-4444-4444-8444-444444444444', pages: 0, attempt: 0 },
  cursor: { run_id, window },
});

const rows = ['yoga', 'yoga kurs', 'yoga preise'].map((query, i) => ({
  keys: [query, 'https://www.harbor-yoga.example/'],
  ...{ clicks: i, impressions: 10 * i + 10, ctr: 0.1, position: 3.5 },
}));
const values = Array.from({ length: 60 }, (_, i) => (i === 58 ? 380 : 1000 + (i % 7)));
const series = { id: 'search_console.clicks', unit: 'count', first_day: '2026-09-25', values };
const answers = {
  'rest/v1/workspaces': [{ client_id, slug: 'harbor-yoga' }],
  record_detection: {},
  claim_due: { jobs: [], deliveries: [] },
  session_workspace: { client_id, user_id: run_id, role: 'viewer' },
  daily_series: { series: [series] },
  take_lease: JSON.parse(new TextDecoder().decode(leaseBytes)),
  apply_page: {},
};
const page = bytesOf({ rows, responseAggregationType: 'byPage' });

/** What the flow asked for, by the last part of each address, and its answer's status. */
async function run(core, event, parts = []) {
  const asked = [];
  let status = 0;
  const act = (effect) => {
    if (effect.kind === 'respond') status = effect.status;
    if (effect.kind === 'put_object') return Promise.resolve({ stored: true });
    if (effect.kind !== 'http') return undefined;
    const name = Object.keys(answers).find((part) => effect.url.includes(part));
    asked.push(name ?? 'page');
    return Promise.resolve(http(name ? bytesOf(answers[name]) : page));
  };
  await runFlow(core, { event, config, parts }, act);
  return status ? [...asked, status] : asked;
}

export const firstFlows = {
  queued: (core, env) =>
    run(core, { kind: 'job', message, ...settingsFor(env, core.manifest(), message.workspace) }),
  async asked(core, env) {
    const tick = await run(core, { kind: 'tick', configured: configuredNames(env, core.manifest()) });
    const path = '/api/workspaces/harbor-yoga/anomalies';
    const api = { kind: 'api', method: 'GET', path, headers: [], ids: {}, body: 1 };
    return [...tick, ...(await run(core, api, [new Uint8Array()]))];
  },
};
