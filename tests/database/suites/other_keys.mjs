// Keys that are exchanged may be another account's: what is read anew of it. Part of ends.mjs.

import assert from 'node:assert/strict';

import { factsOf, leasedRun, page } from '../runs.mjs';
import { call, northwind } from '../stack.mjs';

export async function otherKeysTests(test, stack) {
  const tick = (service_settings) => call(stack, 'claim_due', { limit: 50, service_settings });
  const cursors = async () => {
    const rows = await stack.query(
      `select service, stream, partition, cursor, lease from public.sync_cursors order by 1, 2, 3`,
    );
    return rows.map(({ service, stream, partition, cursor, lease }) =>
      [service, stream, partition, cursor?.at ?? '-', lease ? 'leased' : ''].join(' ').trim(),
    );
  };
  const before = {
    ' supabase account': 'a',
    'northwind-dental stripe': 'a',
    'northwind-dental stripe account': 'a',
    ' meta account': 'a',
    'harbor-yoga stripe account': 'a',
  };

  // A run that is under way, and a part of the same service.
  const running = async () => {
    await stack.query('delete from app.heartbeat');
    await tick(before);
    const run = await leasedRun(stack);
    await call(stack, 'apply_page', page(run, 1, []));
    await stack.query(
      `insert into public.sync_cursors (client_id, service, stream, partition, cadence, every_secs, cursor)
       values ($1, 'stripe', 'charges', 'a part', 'daily', 86400, '{"at": 7}')`,
      [northwind],
    );
    await tick(before);
    assert.deepEqual(await cursors(), ['stripe charges  1 leased', 'stripe charges a part 7']);
    return run;
  };

  for (const owner of ['northwind-dental', ''])
    await test(`other keys of ${owner || 'the agency'}: what only a key tells the account of is read from its beginning`, async () => {
      const run = await running();
      await stack.query(`update public.service_facts set reconciled_at = now(), reconciled_missed = 3`);
      await tick({ ...before, [`${owner} stripe account`]: 'a' });
      await tick({ ...before, [`${owner} stripe account`]: 'b' });
      assert.deepEqual(await cursors(), ['stripe charges  -', 'stripe charges a part 7']);
      const refused = await call(stack, 'apply_page', page(run, 2, []));
      assert.deepEqual([refused.applied, refused.why], [false, 'lease_lost']);
      const { granted, cursor } = await call(stack, 'take_lease', { run_id: run.run_id, lease_secs: 60 });
      assert.deepEqual([granted, cursor], [true, null]);
      const { reconciled_at, reconciled_missed } = await factsOf(stack, 'charges');
      assert.deepEqual([reconciled_at, reconciled_missed], [null, 3]);
    });

  await test('keys of others, keys that are named no more or sent to nobody, and another secret of ours begin nothing anew', async () => {
    await running();
    await tick({ ...before, ' meta account': 'b', 'harbor-yoga stripe account': 'b' });
    await tick({ ' meta account': 'b' });
    await tick(before);
    await tick({ ...before, 'northwind-dental stripe': 'b' });
    // The secret of the database is in all digests.
    await tick(Object.fromEntries(Object.keys(before).map((owner) => [owner, 'c'])));
    assert.deepEqual(await cursors(), ['stripe charges  1 leased', 'stripe charges a part 7']);
  });
}
