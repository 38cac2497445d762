// Deliveries that were queued before their workspace got another name. Part of webhooks.mjs.

import assert from 'node:assert/strict';

import { call, northwind } from '../stack.mjs';

const service = 'stripe';

export async function renamedTests({ test, stack, record, state }) {
  await test('what the keys of an earlier name fetched is not applied', async () => {
    await record('a');
    const apply = (workspace) =>
      call(stack, 'apply_page', {
        receipt: { client_id: northwind, workspace, service, delivery_key: 'a' },
        tables: [],
        facts: {},
      });
    assert.deepEqual(await apply('northwind'), { applied: false, why: 'renamed' });
    assert.equal(await state('a'), 'received');
    assert.equal((await apply('northwind-dental')).applied, true);
  });

  await test('what the keys of an earlier name could not fetch is left to the tick', async () => {
    await record('a');
    const mark = (workspace, to) =>
      call(stack, 'mark_receipt', {
        client_id: northwind,
        workspace,
        service,
        delivery_key: 'a',
        state: to,
        error: '404',
      });
    await mark('northwind', 'failed');
    assert.equal(await state('a'), 'received');
    await mark('northwind', 'unreadable');
    assert.equal(await state('a'), 'unreadable', 'no key was used to read it');
    await mark('northwind-dental', 'failed');
    assert.equal(await state('a'), 'failed');
  });
}
