// A client that leaves. Part of neighbours.mjs.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { detect } from '../runs.mjs';
import { call, harbor } from '../stack.mjs';
import { slugs } from '../two_workspaces.mjs';

const service = 'stripe';
const at = '2026-11-23T12:00:00Z';

export async function removalTests({ test, stack, insert }) {
  await test('a client is removed whole, and nobody else', async () => {
    const leaving = randomUUID();
    await insert('workspaces', [{ client_id: leaving, slug: 'leaving', name: 'Leaving', time_zone: 'UTC' }]);
    await stack.query(
      `insert into public.workspace_members (client_id, user_id, role)
       select $1, user_id, role from public.workspace_members where client_id = $2`,
      [leaving, harbor],
    );
    for (const client of [leaving, harbor]) {
      const receipt = { service, delivery_key: 'evt_1', object_key: 'o', event_type: 'x' };
      const workspace = client === leaving ? 'leaving' : slugs[client];
      await call(stack, 'record_receipt', { workspace, ...receipt });
      await detect(stack, { clientId: client });
      await insert('meta_posts', [
        { client_id: client, platform: 'facebook', id: '1', account_id: '1', posted_at: at, source_at: at },
      ]);
    }
    await call(stack, 'claim_due', { limit: 50 });
    const rows = async (client) => {
      const tables = await stack.query(
        `select table_name as name from information_schema.columns where table_schema = 'public'
           and column_name = 'client_id' order by 1`,
      );
      const counts = {};
      for (const { name } of tables) {
        const sql = `select count(*)::int as n from public.${name} where client_id = $1`;
        const [{ n }] = await stack.query(sql, [client]);
        if (n > 0) counts[name] = n;
      }
      return counts;
    };
    const before = await rows(harbor);
    assert.ok(
      before.facts_history > 0 && before.sync_runs > 0 && before.meta_posts > 0,
      JSON.stringify(before),
    );
    const [{ removed }] = await stack.query(`select app.remove_workspace('leaving') as removed`);
    assert.equal(removed.client_id, leaving);
    assert.equal(removed.removed.meta_posts, 1);
    assert.deepEqual(await rows(leaving), {});
    assert.deepEqual(await rows(harbor), before);
    await assert.rejects(stack.query('delete from public.facts_history'), /append-only/);
    await assert.rejects(stack.query(`select app.remove_workspace('leaving')`), /no workspace/);
    const { error } = await stack.service().schema('app').rpc('remove_workspace', { p_slug: 'harbor-yoga' });
    assert.ok(error, 'the Worker may not');
  });
}
