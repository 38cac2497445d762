// Steps that the suites share: a detected service, a leased run, a page.

import { call, northwind } from './stack.mjs';

export async function detect(
  stack,
  {
    present = ['stripe.secret_key'],
    missing = [],
    streams = ['charges'],
    cadence = 'daily',
    everySecs = 86400,
    problem = null,
    clientId = northwind,
    services,
  } = {},
) {
  const schedules = streams.map((stream) => ({ stream, partition: '', cadence, every_secs: everySecs }));
  return call(stack, 'record_detection', {
    workspaces: [
      {
        client_id: clientId,
        problem,
        services: services ?? (problem ? [] : [{ service: 'stripe', present, missing, schedules }]),
      },
    ],
  });
}

/** A run of stripe charges, leased: {run_id, lease, grant}. */
export async function leasedRun(stack, stream = 'charges') {
  await detect(stack, { streams: [stream] });
  const { jobs } = await call(stack, 'claim_due', { limit: 50 });
  const { run_id } = jobs.find((job) => job.stream === stream);
  const grant = await call(stack, 'take_lease', { run_id, lease_secs: 60 });
  return { run_id, lease: grant.lease, grant };
}

export const charge = (id, amount, source_at, more = {}) => ({
  id,
  amount,
  currency: 'eur',
  status: 'succeeded',
  metadata: { order: 'x' },
  created: '2026-11-20T08:00:00Z',
  source_at,
  ...more,
});

export const page = ({ run_id, lease }, number, rows, more = {}) => ({
  run_id,
  lease,
  page: number,
  tables: [{ table: 'stripe_charges', rows }],
  cursor: { at: number },
  facts: {},
  last: false,
  lease_secs: 60,
  ...more,
});

export async function charges(stack) {
  const rows = await stack.query('select id, amount from public.stripe_charges order by id');
  return Object.fromEntries(rows.map(({ id, amount }) => [id, amount]));
}

export async function factsOf(stack, stream, service = 'stripe', partition = '') {
  const [row] = await stack.query(
    `select to_jsonb(f) as facts from public.service_facts f
     where client_id = $1 and service = $2 and stream = $3 and partition = $4`,
    [northwind, service, stream, partition],
  );
  return row?.facts;
}
