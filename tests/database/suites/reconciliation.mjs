// What a page of the provider's own list of events finds: deliveries that never came. Part of pages.mjs.
import assert from 'node:assert/strict';

import { factsOf, leasedRun, page } from '../runs.mjs';
import { call, northwind } from '../stack.mjs';

const monday = '2026-11-23T10:00:00Z';
const later = '2026-11-23T10:00:01Z';

export async function reconciliationTests(kit) {
  await missedTests(kit);
  await settledTests(kit);
}

async function missedTests({ test, stack, apply }) {
  await test('events that were never delivered are counted once, with the webhook and the stream', async (run) => {
    await call(stack, 'record_receipt', {
      workspace: 'northwind-dental',
      service: 'stripe',
      delivery_key: 'evt_1',
      object_key: 'k',
      event_type: 't',
      readable: true,
    });
    const deliveries = (...keys) => ({
      deliveries: keys.map((key) => ({ key, event_type: 't', object_key: 'raw/x' })),
    });
    const again = { facts: { reconciled_at: monday } };
    assert.equal((await apply(page(run, 1, [], { ...deliveries('evt_1', 'evt_2'), ...again }))).missed, 1);
    assert.equal((await apply(page(run, 2, [], { ...deliveries('evt_2', 'evt_3'), last: true }))).missed, 1);
    for (const stream of ['webhook', 'charges']) {
      const facts = await factsOf(stack, stream);
      assert.equal(facts.reconciled_missed, 2, stream);
      assert.ok(facts.reconciled_at, stream);
    }
    const receipts = await stack.query(
      'select delivery_key, source, state from public.webhook_receipts order by 1',
    );
    assert.deepEqual(
      receipts.map((row) => Object.values(row).join(' ')),
      ['evt_1 delivered received', 'evt_2 reconciled applied', 'evt_3 reconciled applied'],
    );
  });

  await test('what the first reconciliation finds was there before anybody was to deliver it', async (run) => {
    const deliveries = [{ key: 'evt_1', event_type: 'x', object_key: 'raw/1' }];
    const cursor = { covered_until: monday };
    assert.equal((await apply(page(run, 1, [], { deliveries, cursor }))).missed, 1);
    // What the list left open was fetched after its last page, which had moved the cursor.
    await apply(page(run, 2, [], { deliveries: [], cursor, last: true }));
    const facts = await factsOf(stack, 'webhook');
    assert.equal(facts.reconciled_missed, 0);
    assert.ok(facts.reconciled_at);
  });

  await test('what is missing adds up until a run ends and tells it, also where one began anew', async (run) => {
    const found = (key) => ({ deliveries: [{ key, event_type: 'x', object_key: 'raw/1' }] });
    const window = { from: monday, to: later };
    const covered_until = monday;
    const counted = async () => (await factsOf(stack, 'webhook'))?.reconciled_missed ?? null;
    const told = { facts: { reconciled_at: monday } };
    await apply(
      page(run, 1, [], { ...found('evt_1'), ...told, cursor: { window, steps: 1, covered_until } }),
    );
    const failure = { kind: 'provider', message: 'x', final: true, retry_at: null, facts: {} };
    await call(stack, 'fail_run', { ...run, ...failure });
    const nextRun = async () => {
      await stack.query('update public.sync_cursors set next_due_at = now()');
      return leasedRun(stack);
    };
    const second = await nextRun();
    await apply(page(second, 1, [], { ...found('evt_2'), cursor: { window, steps: 1, covered_until } }));
    assert.equal(await counted(), null);
    await apply(
      page(second, 2, [], { deliveries: [], cursor: { window: null, steps: 2, covered_until }, last: true }),
    );
    assert.equal(await counted(), 2);
    await apply(
      page(await nextRun(), 1, [], { deliveries: [], cursor: { window: null, steps: 0 }, last: true }),
    );
    assert.equal(await counted(), 0);
  });
}

async function settledTests({ test, stack, apply }) {
  await test('a delivery that failed and is in the list of the provider is settled, and was not missed', async (run) => {
    const lost = { workspace: 'northwind-dental', service: 'stripe', error: 'timestamp too old' };
    await call(stack, 'record_lost_delivery', { ...lost, delivery_key: 'evt_1' });
    await call(stack, 'record_lost_delivery', { ...lost, workspace: 'harbor-yoga', delivery_key: 'evt_1' });
    await call(stack, 'record_lost_delivery', { ...lost, service: 'meta', delivery_key: 'evt_1' });
    const deliveries = [{ key: 'evt_1', event_type: 't', object_key: 'raw/x' }];
    assert.equal((await apply(page(run, 1, [], { deliveries, last: true }))).missed, 0);
    const receipts = await stack.query(
      'select service, state, error, object_key from public.webhook_receipts order by state, service, client_id',
    );
    const elsewhere = { state: 'failed', error: 'timestamp too old', object_key: null };
    assert.deepEqual(receipts, [
      { service: 'stripe', state: 'applied', error: null, object_key: 'raw/x' },
      { service: 'meta', ...elsewhere },
      { service: 'stripe', ...elsewhere },
    ]);
    assert.equal((await factsOf(stack, 'webhook')).failure_kind, null);
  });

  await test('so is one that could not be read', async (run) => {
    const receipt = {
      workspace: 'northwind-dental',
      service: 'stripe',
      delivery_key: 'evt_1',
      object_key: 'raw/own',
    };
    await call(stack, 'record_receipt', { ...receipt, event_type: 't', readable: true });
    const at = { client_id: northwind, service: 'stripe', delivery_key: 'evt_1' };
    await call(stack, 'mark_receipt', { ...at, state: 'unreadable', error: 'missing id' });
    assert.equal((await factsOf(stack, 'webhook')).failure_kind, 'data');
    const deliveries = [{ key: 'evt_1', event_type: 't', object_key: 'raw/x' }];
    assert.equal((await apply(page(run, 1, [], { deliveries, last: true }))).missed, 0);
    const receipts = await stack.query('select state, error, object_key from public.webhook_receipts');
    assert.deepEqual(receipts, [{ state: 'applied', error: null, object_key: 'raw/own' }]);
    assert.equal((await factsOf(stack, 'webhook')).failure_kind, null);
  });
}
