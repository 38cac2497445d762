// One worker at a time: who is given a run. Part of schedule.mjs.

import assert from 'node:assert/strict';

import { detect, leasedRun, page } from '../runs.mjs';
import { call, northwind } from '../stack.mjs';

export async function leaseTests({ test, stack, claim, take, age }) {
  await test('of twenty workers one gets the lease', async () => {
    await detect(stack, {});
    const [{ run_id }] = await claim();
    const grants = await Promise.all(Array.from({ length: 20 }, () => take(run_id)));
    const granted = grants.filter((grant) => grant.granted);
    assert.equal(granted.length, 1);
    assert.deepEqual([...new Set(grants.filter((grant) => !grant.granted).map(({ why }) => why))], ['busy']);
    const { service, stream, partition, cursor, pages, attempt, facts } = granted[0];
    assert.deepEqual(
      [service, stream, partition, cursor, pages, attempt],
      ['stripe', 'charges', '', null, 0, 0],
    );
    assert.equal(facts.stream, 'charges');
  });

  await test('keys of a name that the workspace has no more get no lease; the tick tells the present one', async () => {
    const run = await leasedRun(stack);
    await call(stack, 'yield_run', run);
    const named = (workspace) => call(stack, 'take_lease', { run_id: run.run_id, workspace, lease_secs: 60 });
    await stack.query(`update public.workspaces set slug = 'northwind' where client_id = $1`, [northwind]);
    try {
      assert.deepEqual(await named('northwind-dental'), { granted: false, why: 'renamed' });
      await age('sync_runs');
      const [again] = (await claim()).filter(({ run_id }) => run_id === run.run_id);
      assert.equal(again.workspace, 'northwind');
      assert.equal((await named(again.workspace)).granted, true);
    } finally {
      await stack.query(`update public.workspaces set slug = 'northwind-dental' where client_id = $1`, [
        northwind,
      ]);
    }
  });

  await test('a lease is refused for an unknown, a finished and a disabled run', async () => {
    assert.deepEqual(await take(northwind), { granted: false, why: 'unknown' });
    const run = await leasedRun(stack);
    await call(stack, 'yield_run', run);
    await stack.query(`update public.service_facts set enabled = false where stream = ''`);
    assert.deepEqual(await take(run.run_id), { granted: false, why: 'disabled' });
    await stack.query(`update public.service_facts set enabled = true`);
    const { lease } = await take(run.run_id);
    await call(stack, 'apply_page', page({ ...run, lease }, 1, [], { last: true }));
    assert.deepEqual(await take(run.run_id), { granted: false, why: 'finished' });
  });
}
