// A page at which runs fail one after another: when its position is given up. Part of ends.mjs.

import assert from 'node:assert/strict';

import { leasedRun, page } from '../runs.mjs';
import { call } from '../stack.mjs';

export async function stuckTests(test, stack) {
  const cursor = async () => (await stack.query('select cursor from public.sync_cursors'))[0].cursor;
  const fail = (held, kind) =>
    call(stack, 'fail_run', { ...held, kind, message: 'x', final: true, retry_at: null, facts: {} });
  const dueRun = async () => {
    await stack.query('update public.sync_cursors set next_due_at = now()');
    return leasedRun(stack);
  };
  const age = (interval) =>
    stack.query(`do $$ begin set local session_replication_role = replica;
      update public.sync_runs set updated_at = now() - interval '${interval}'; end $$`);

  await test('a run that failed without a page says so in the cursor, until the next page', async () => {
    const run = await leasedRun(stack);
    await call(stack, 'apply_page', page(run, 1, []));
    await fail(run, 'data');
    const after = await cursor();
    assert.equal(after.stuck, undefined);
    for (const kind of ['credentials', 'rate_limit']) {
      await fail(await dueRun(), kind);
      assert.deepEqual(await cursor(), after);
    }
    await fail(await dueRun(), 'data');
    assert.deepEqual(await cursor(), { ...after, stuck: true });
    const next = await dueRun();
    await call(stack, 'apply_page', page(next, 1, []));
    assert.equal((await cursor()).stuck, undefined);
    await fail(next, 'configuration');
    assert.equal(
      (await cursor()).stuck,
      true,
      'with pages, too: what is not permitted comes again in each scan',
    );
  });

  await test('a provider that is away for an hour makes no page impossible, and one for many hours may', async () => {
    const run = await leasedRun(stack);
    await call(stack, 'apply_page', page(run, 1, []));
    await fail(run, 'provider');
    await fail(await dueRun(), 'provider');
    assert.equal((await cursor()).stuck, undefined);
    await age('7 hours');
    await fail(await dueRun(), 'provider');
    assert.equal((await cursor()).stuck, true);
  });

  await test('of what is read every few minutes the newest figures wait for two hours at most', async () => {
    const often = async (held) => {
      await stack.query('update public.sync_cursors set every_secs = 900');
      return fail(held, 'provider');
    };
    const run = await leasedRun(stack);
    await call(stack, 'apply_page', page(run, 1, []));
    await often(run);
    await age('119 minutes');
    await often(await dueRun());
    assert.equal((await cursor()).stuck, undefined);
    await age('121 minutes');
    await often(await dueRun());
    assert.equal((await cursor()).stuck, true);
  });
}
