// Mail: what the events make of a message, in any order and by many at once, and the comparison with SendGrid's
// totals.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { detect, factsOf } from '../runs.mjs';
import { call, northwind, onEmptyTables } from '../stack.mjs';
import { threadTests } from './email_threads.mjs';

const service = 'sendgrid';
const at = (minute) => `2026-11-23T12:${String(minute).padStart(2, '0')}:00Z`;

const message = (id, more = {}) => ({
  ...{ id, thread_id: 't1', direction: 'sent', state: 'queued', sent_at: at(0), source_at: at(0) },
  ...{ from_email: 'us@x.example', to_emails: [{ email: 'a@b.example', name: null }] },
  ...more,
});
const event = (name, minute, more = {}) => ({
  ...{ message_id: 'sg1', email: 'a@b.example', event: name, occurred_at: at(minute), source_at: at(minute) },
  ...{ own_message_id: 'm1' },
  ...more,
});
export async function emailSuite(t, stack) {
  const test = onEmptyTables(t, stack);
  let deliveries = 0;
  const deliver = async (table, rows) => {
    const delivery_key = `d${++deliveries}`;
    const receipt = { client_id: northwind, service, delivery_key };
    await call(stack, 'record_receipt', {
      ...{ workspace: 'northwind-dental', service, delivery_key, object_key: 'o', event_type: 'x' },
      readable: true,
    });
    return call(stack, 'apply_page', { receipt, tables: [{ table, rows }], facts: {} });
  };
  const stored = async (id = 'm1') =>
    (await stack.query('select * from public.email_messages where id = $1', [id]))[0];
  const kit = { test, stack, deliver, stored };
  await outcomeTests(kit);
  await settleTests(kit);
  await threadTests({ ...kit, message, at });
  await reconciliationTests(kit);
}

async function outcomeTests({ test, stack, deliver, stored }) {
  await test('events move a message on, whatever order they come in', async () => {
    const orders = [
      [
        ['processed', 1],
        ['deferred', 2],
        ['delivered', 3],
        ['open', 4],
      ],
      [
        ['open', 4],
        ['delivered', 3],
        ['deferred', 2],
        ['processed', 1],
      ],
    ];
    for (const order of orders) {
      await stack.reset();
      await deliver('email_messages', [message('m1')]);
      for (const [name, minute] of order) await deliver('email_events', [event(name, minute)]);
      assert.equal((await stored()).state, 'delivered');
    }
  });

  await test('each end has its word, and the worst of the recipients counts', async () => {
    const ends = [
      [[event('processed', 1)], 'sent'],
      [[event('deferred', 1)], 'deferred'],
      [[event('click', 1)], 'delivered'],
      [[event('bounce', 1, { bounce_type: 'blocked' })], 'blocked'],
      [[event('bounce', 1, { bounce_type: 'bounce' })], 'bounced'],
      [[event('dropped', 1)], 'dropped'],
      [[event('delivered', 1), event('bounce', 2, { bounce_type: 'bounce' })], 'bounced'],
      [[event('delivered', 1), event('deferred', 1, { email: 'c@d.example' })], 'deferred'],
      [[event('delivered', 1), event('processed', 1, { email: 'c@d.example' })], 'sent'],
      [[event('teleported', 1)], 'queued'],
    ];
    for (const [events, state] of ends) {
      await stack.reset();
      await deliver('email_messages', [message('m1')]);
      await deliver('email_events', events);
      assert.equal((await stored()).state, state, JSON.stringify(events.map((one) => one.event)));
    }
  });

  await test('what is written after the events does not undo them', async () => {
    await deliver('email_messages', [message('m1')]);
    await deliver('email_events', [event('delivered', 1, { smtp_id: '<x@sendgrid>' })]);
    await deliver('email_messages', [message('m1', { state: 'sent', message_id: 'sg1', source_at: at(5) })]);
    const { state, smtp_id, message_id } = await stored();
    assert.deepEqual(
      { state, smtp_id, message_id },
      { state: 'delivered', smtp_id: '<x@sendgrid>', message_id: 'sg1' },
    );
  });

  await test('a send of which nobody knew is known by its events', async () => {
    await deliver('email_messages', [message('m1', { state: 'unknown' })]);
    await deliver('email_events', [event('processed', 1)]);
    const { state, message_id } = await stored();
    assert.deepEqual([state, message_id], ['sent', 'sg1']);
  });

  await test('events without our id are joined by the id of SendGrid; others touch nothing', async () => {
    await deliver('email_messages', [
      message('m1', { message_id: 'sg1' }),
      message('m2', { message_id: '' }),
    ]);
    await deliver('email_events', [
      event('delivered', 1, { own_message_id: null }),
      event('bounce', 1, { own_message_id: null, message_id: '' }),
    ]);
    assert.equal((await stored('m1')).state, 'delivered');
    assert.equal((await stored('m2')).state, 'queued');
  });

  await test('46 copies with ids of their own leave one row', async () => {
    for (let i = 0; i < 46; i++)
      await deliver('email_events', [event('open', 1, { sg_event_id: `copy ${i}` })]);
    assert.equal((await stack.query('select 1 from public.email_events')).length, 1);
  });

  await test('twenty deliveries and the answer to the sending at once end in one state', async () => {
    await deliver('email_messages', [message('m1')]);
    const names = ['processed', 'deferred', 'delivered', 'open'];
    await Promise.all([
      ...Array.from({ length: 20 }, (_, i) => deliver('email_events', [event(names[i % 4], 1 + i)])),
      deliver('email_messages', [message('m1', { state: 'sent', message_id: 'sg1', source_at: at(30) })]),
    ]);
    const { state, message_id } = await stored();
    assert.deepEqual([state, message_id], ['delivered', 'sg1']);
  });
}

async function settleTests({ test, stack, deliver, stored }) {
  const begin = (id, begun_by = null) =>
    call(stack, 'begin_action', {
      ...{ client_id: northwind, id, begun_by, service, action: 'email', user_id: null },
      tables: [{ table: 'email_messages', rows: [message(id)] }],
    });
  const end = (id, state) =>
    call(stack, 'end_action', {
      ...{ client_id: northwind, id, service, state: 'succeeded' },
      tables: [{ table: 'email_messages', rows: [message(id, { state })] }],
    });
  await test('a service that is switched off begins nothing', async () => {
    await stack.query(
      `insert into public.service_facts (client_id, service, stream, enabled) values ($1, $2, '', false)
       on conflict (client_id, service, stream, partition) do update set enabled = false`,
      [northwind, service],
    );
    const id = '00000000-0000-4000-8000-00000000000d';
    assert.deepEqual(await begin(id), { begun: false, state: 'disabled' });
    assert.deepEqual(await stack.query('select id from public.email_messages where id = $1', [id]), []);
  });
  await test('in an hour a workspace begins 200 of a service; one that is asked again is none more', async () => {
    const asked = '00000000-0000-4000-8000-0000000000c8';
    const before = (secs) =>
      stack.query(
        `insert into public.action_requests (client_id, id, service, action, state, requested_at)
         select $1, gen_random_uuid(), $2, 'email', 'succeeded', now() - make_interval(secs => $3)
         from generate_series(1, 199)`,
        [northwind, service, secs],
      );
    await stack.query('delete from public.action_requests');
    await before(3601);
    await before(3500);
    const by = randomUUID();
    assert.deepEqual(await begin(asked, by), { begun: true });
    const next = randomUUID();
    assert.deepEqual(await begin(next), { begun: false, state: 'too_many' });
    assert.deepEqual(await begin(asked, by), { begun: true });
    assert.deepEqual(await stack.query('select id from public.email_messages where id = $1', [next]), []);
    await stack.query('delete from public.action_requests');
    assert.deepEqual(await begin(next), { begun: true });
  });
  // A quarter of an hour and a tick later.
  const settle = async (...ids) => {
    await stack.query(
      `update public.action_requests set requested_at = now() - interval '20 minutes' where id = any($1)`,
      [ids],
    );
    await call(stack, 'claim_due', { limit: 1 });
  };
  const states = (...ids) => Promise.all(ids.map(async (id) => (await stored(id)).state));

  await test('a message that a dead Worker left becomes unknown; others stay', async () => {
    const [left, young, told] = [randomUUID(), randomUUID(), randomUUID()];
    for (const id of [left, young, told]) await begin(id);
    await deliver('email_events', [event('delivered', 1, { own_message_id: told, message_id: 'sg2' })]);
    await settle(left, told);
    assert.deepEqual(await states(left, young, told), ['unknown', 'queued', 'delivered']);
    assert.match((await stored(left)).failure_message, /the Worker stopped/);
  });

  await test('what the Worker stores in the end, or an event tells, stands', async () => {
    const [stored_late, told_late] = [randomUUID(), randomUUID()];
    for (const id of [stored_late, told_late]) await begin(id);
    await settle(stored_late, told_late);
    await end(stored_late, 'sent');
    await deliver('email_events', [event('delivered', 1, { own_message_id: told_late, message_id: 'sg3' })]);
    assert.deepEqual(await states(stored_late, told_late), ['sent', 'delivered']);
  });

  await test('who did not hear that a request has begun may ask again, nobody else', async () => {
    const [id, mine, other] = [randomUUID(), randomUUID(), randomUUID()];
    assert.deepEqual(await begin(id, mine), { begun: true });
    assert.deepEqual(await begin(id, mine), { begun: true });
    assert.deepEqual(await begin(id, other), { begun: false, state: 'running' });
    assert.deepEqual(await begin(id), { begun: false, state: 'running' });
    await end(id, 'sent');
    assert.deepEqual(await begin(id, mine), { begun: false, state: 'succeeded' });
    assert.deepEqual(await states(id), ['sent']);
  });
}

async function reconciliationTests({ test, stack, deliver }) {
  const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  const events = (ago, count, more = {}) =>
    Array.from({ length: count }, (_, i) => {
      const time = `${day(ago)}T10:00:${String(i).padStart(2, '0')}Z`;
      return event('delivered', 0, { occurred_at: time, source_at: time, ...more });
    });
  const totals = (ago, more) => ({ day: day(ago), source_at: new Date().toISOString(), ...more });

  const age = async (days) => {
    await stack.query('alter table facts_history disable trigger append_only');
    await stack.query(`update facts_history set recorded_at = recorded_at - interval '${days} days'`);
    await stack.query('alter table facts_history enable trigger append_only');
  };

  const keys = ['sendgrid.api_key', 'sendgrid.webhook_public_key'];

  async function sync(rows, present = keys) {
    const schedules = [{ stream: 'stats', partition: '', cadence: 'daily', every_secs: 86400 }];
    await detect(stack, { services: [{ service, present, missing: [], schedules }] });
    await stack.query(`update sync_cursors set next_due_at = now() where service = '${service}'`);
    const { jobs } = await call(stack, 'claim_due', { limit: 50 });
    const { run_id } = jobs.find((job) => job.service === service);
    const { lease } = await call(stack, 'take_lease', { run_id, lease_secs: 60 });
    await call(stack, 'apply_page', {
      ...{ run_id, lease, page: 1, cursor: {}, facts: {}, last: true, lease_secs: 60 },
      tables: [{ table: 'email_stats_daily', rows }],
    });
  }

  await test('what SendGrid counted and did not deliver stands with the webhook', async () => {
    await deliver('email_events', [...events(6, 3), ...events(4, 5), ...events(3, 2)]);
    await sync([
      totals(7, { delivered: 50 }), // before the webhook's first day: it may not have been there
      totals(6, { delivered: 9 }),
      totals(4, { delivered: 7, bounces: 4 }), // bounces never came: perhaps they are not asked for
      totals(3, { delivered: 1 }), // more arrived than were counted: nothing is missing
      totals(1, { delivered: 99 }), // still on their way
    ]);
    for (const stream of ['webhook', 'stats']) {
      const facts = await factsOf(stack, stream, service);
      assert.equal(facts.reconciled_missed, 2, stream);
      assert.ok(facts.reconciled_at, stream);
    }
  });

  await test('samples of events that are not chosen, and a kind that is not chosen any more, miss nothing', async () => {
    const missed = async () => (await factsOf(stack, 'webhook', service)).reconciled_missed;
    const sample = { email: 'example@test.com', occurred_at: '2017-12-15T10:00:00Z' };
    await deliver('email_events', [
      ...events(8, 1, { ...sample, event: 'processed' }),
      ...events(8, 1, { ...sample, event: 'delivered' }),
      ...events(4, 5),
      ...events(3, 5),
    ]);
    await sync([totals(6, { delivered: 9 }), totals(3, { delivered: 6, processed: 9 })]);
    assert.equal(await missed(), 1, 'of the days and the kinds that were there');
    await deliver('email_events', events(40, 1, { event: 'bounce', bounce_type: 'bounce' }));
    await sync([totals(3, { delivered: 6, bounces: 2 })]);
    assert.equal(await missed(), 1, 'no bounce for forty days, of others there are');
    await stack.query(`delete from email_events where event = 'delivered' and email <> 'example@test.com'`);
    await sync([totals(3, { delivered: 6, bounces: 2 })]);
    assert.equal(await missed(), 2, 'nothing comes any more: that is no choice');
  });

  await test('totals that no account has are stored all the same', async () => {
    await deliver('email_events', [...events(6, 1), ...events(4, 1)]);
    await sync([totals(4, { delivered: 5e9 })]);
    assert.equal((await factsOf(stack, 'webhook', service)).reconciled_missed, 5e7 - 1);
  });

  await test('a block is not counted as a bounce', async () => {
    await deliver('email_events', [
      ...events(6, 1, { event: 'bounce', bounce_type: 'bounce' }),
      ...events(4, 2, { event: 'bounce', bounce_type: 'bounce' }),
      ...events(4, 1, { event: 'bounce', bounce_type: 'blocked', email: 'c@d.example' }),
    ]);
    await sync([totals(4, { bounces: 3, blocks: 1 })]);
    assert.equal((await factsOf(stack, 'webhook', service)).reconciled_missed, 1);
  });

  await test('a webhook that has its key and never delivered anything is judged from the next day on', async () => {
    const missed = async () => (await factsOf(stack, 'webhook', service))?.reconciled_missed;
    await sync([totals(4, { delivered: 7 })], ['sendgrid.api_key']);
    await age(8);
    await sync([totals(4, { delivered: 6 })]);
    assert.equal(await missed(), 0, 'its key came today');
    await age(5);
    await sync([totals(5, { delivered: 3 }), totals(4, { delivered: 8, bounces: 2 })]);
    assert.equal(await missed(), 8);
  });

  await test('samples are no events that came', async () => {
    const missed = async () => (await factsOf(stack, 'webhook', service))?.reconciled_missed;
    await sync([totals(6, { delivered: 1 })]);
    await age(6);
    const sample = { email: 'example@test.com' };
    await deliver('email_events', [...events(4, 1, sample), ...events(3, 1, { ...sample, event: 'bounce' })]);
    await sync([totals(6, { delivered: 5 }), totals(5, { delivered: 3 }), totals(4, { delivered: 8 })]);
    assert.equal(await missed(), 11, 'from the day after the key came');
  });

  await test('of days in which the webhook had no key nothing is missed', async () => {
    const missed = async () => (await factsOf(stack, 'webhook', service))?.reconciled_missed;
    await deliver('email_events', events(8, 3));
    await sync([totals(7, { delivered: 1 })]);
    assert.equal(await missed(), 1);
    await sync([totals(3, { delivered: 9 })], ['sendgrid.api_key']);
    await age(5);
    await sync([totals(4, { delivered: 9 })]);
    assert.equal(await missed(), 0, 'it came back today');
    await age(6);
    await sync([totals(6, { delivered: 9 }), totals(5, { delivered: 2 })]);
    assert.equal(await missed(), 20, 'from the next day on');
  });

  await test('a webhook whose key was taken away is missed by nobody', async () => {
    await deliver('email_events', events(6, 3));
    await sync([totals(4, { delivered: 5 })]);
    const told = async () =>
      Promise.all(
        ['webhook', 'stats'].map(async (stream) => {
          const { reconciled_missed, reconciled_at } = await factsOf(stack, stream, service);
          return [reconciled_missed, reconciled_at !== null];
        }),
      );
    assert.deepEqual(await told(), [
      [5, true],
      [5, true],
    ]);
    // Another workspace has the key, and was compared.
    await stack.query(
      `insert into public.service_facts (client_id, service, stream, present_keys, reconciled_at)
       values ('22222222-2222-4222-8222-222222222222', $1, '', '{sendgrid.webhook_public_key}', null),
         ('22222222-2222-4222-8222-222222222222', $1, 'stats', '{}', now())`,
      [service],
    );
    await sync([totals(3, { delivered: 9 })], ['sendgrid.api_key', 'sendgrid.inbound_password']);
    assert.deepEqual(await told(), [
      [null, false],
      [null, false],
    ]);
    await stack.query(
      `update public.service_facts set present_keys = '{}' where stream = '' and client_id <> $1`,
      [northwind],
    );
    await sync([totals(2, { delivered: 9 })], ['sendgrid.api_key']);
    const [{ n }] = await stack.query(
      'select count(*)::int as n from public.service_facts where reconciled_at is not null',
    );
    assert.equal(n, 1, 'of the workspace alone whose totals came');
  });

  await test('a webhook without its key that never delivered anything is not judged', async () => {
    await stack.query(
      `insert into public.service_facts (client_id, service, stream, present_keys)
       values ('22222222-2222-4222-8222-222222222222', $1, '', '{sendgrid.webhook_public_key}')`,
      [service],
    );
    await age(8);
    await sync([totals(4, { delivered: 7 })], ['sendgrid.api_key']);
    assert.equal(await factsOf(stack, 'webhook', service), undefined, 'another workspace has it');
  });
}
