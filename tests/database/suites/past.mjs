// facts_at: what a workspace's facts were at a time.

import assert from 'node:assert/strict';

import { call, harbor, onEmptyTables } from '../stack.mjs';

// History cannot be emptied: this one's is of this suite alone.
const ours = { client_id: '77777777-7777-4777-8777-777777777777', slug: 'old-mill', name: 'Old Mill' };

export async function pastSuite(t, stack) {
  const test = onEmptyTables(t, stack);
  await stack.query(
    `insert into public.workspaces (client_id, slug, name, time_zone) values ($1, $2, $3, 'Europe/Berlin')`,
    [ours.client_id, ours.slug, ours.name],
  );
  const at = (time, workspace = ours.slug) =>
    call(stack, 'facts_at', { workspace, ...(time && { at: time }) });
  const record = (client_id, stream, facts, recorded_at) =>
    stack.query(
      `insert into public.facts_history (client_id, service, stream, facts, recorded_at)
       values ($1, 'stripe', $2, $3, $4)`,
      [client_id, stream, JSON.stringify(facts), recorded_at],
    );
  // Of the last week, in UTC.
  const day = (days, time) =>
    `${new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)}T${time}Z`;

  await test('of a workspace without a state nothing is known, and of none neither', async () => {
    const { known_since, facts } = await at();
    assert.deepEqual([known_since, facts], [null, []]);
    assert.deepEqual(await at(null, 'nobody'), { unknown_workspace: true });
  });

  await test('of each part the state that was in force, and no part that was removed', async () => {
    await record(ours.client_id, '', { stream: '', detected_at: '1' }, day(6, '08:00'));
    await record(ours.client_id, 'charges', { stream: 'charges', failures: 0 }, day(6, '09:00'));
    await record(ours.client_id, 'charges', { stream: 'charges', failures: 1 }, day(5, '09:00'));
    await record(ours.client_id, 'charges', { stream: 'charges', failures: 2 }, day(5, '09:00'));
    await record(ours.client_id, 'charges', {}, day(4, '09:00'));
    await record(harbor, 'charges', { stream: 'charges', failures: 9 }, day(6, '07:00'));
    const facts = async (time) => (await at(time)).facts.sort((a, b) => a.stream.localeCompare(b.stream));
    const whole = { stream: '', detected_at: '1' };
    assert.deepEqual(await facts(day(6, '07:59')), []);
    assert.deepEqual(await facts(day(6, '08:59')), [whole]);
    assert.deepEqual(await facts(day(6, '09:00')), [whole, { stream: 'charges', failures: 0 }]);
    assert.deepEqual(await facts(day(5, '10:00')), [whole, { stream: 'charges', failures: 2 }]);
    assert.deepEqual(await facts(day(4, '10:00')), [whole]);
    assert.equal(Date.parse((await at(day(4, '10:00'))).known_since), Date.parse(day(6, '08:00')));
  });

  await test('what the table says now is what it says of now', async () => {
    await stack.query(
      `insert into public.service_facts (client_id, service, stream, failures) values ($1, 'stripe', 'charges', 3)`,
      [ours.client_id],
    );
    // Progress is not in history, and yet shown.
    await stack.query('update public.service_facts set running_since = now(), progress_done = 3');
    const { facts, name, at: time } = await at();
    const rows = await stack.query(
      'select jsonb_strip_nulls(to_jsonb(f)) as row from public.service_facts f',
    );
    assert.deepEqual(facts, [rows[0].row]);
    assert.equal(name, ours.name);
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
  });

  await test('of a webhook the last delivery before that time, though history has one an hour', async () => {
    const nine = day(3, '09:00');
    await record(ours.client_id, 'webhook', { stream: 'webhook', last_event_at: nine }, nine);
    const receipts = { '09:20': 'applied', '09:30': 'ignored', '09:35': 'unreadable', '09:50': 'applied' };
    for (const [time, state] of Object.entries(receipts))
      await stack.query(
        `insert into public.webhook_receipts (client_id, service, delivery_key, object_key, event_type, state, received_at)
         values ($1, 'stripe', $2, 'o', 'x', $3, $4)`,
        [ours.client_id, time, state, day(3, time)],
      );
    const lastEvent = async (time) => {
      const { facts } = await at(day(3, time));
      return new Date(facts.find(({ stream }) => stream === 'webhook').last_event_at)
        .toISOString()
        .slice(11, 16);
    };
    assert.equal(await lastEvent('09:10'), '09:00');
    assert.equal(await lastEvent('09:40'), '09:30');
    assert.equal(await lastEvent('09:59'), '09:50');
    assert.equal(await lastEvent('10:55'), '09:50');
  });

  await test('a time without an offset is of the workspace’s zone, in summer and in winter', async () => {
    for (const [asked, meant] of [
      ['2026-07-24 09:00', '2026-07-24T07:00:00Z'],
      ['2026-11-24T09:00', '2026-11-24T08:00:00Z'],
      ['2026-11-24T09:00:30Z', '2026-11-24T09:00:30Z'],
      ['2026-11-24 09:00-05', '2026-11-24T14:00:00Z'],
      ['2026-11-24 09:00+05:30', '2026-11-24T03:30:00Z'],
    ]) {
      const told = await at(asked);
      assert.equal(told.time_zone, 'Europe/Berlin');
      assert.equal(Date.parse(told.at), Date.parse(meant), asked);
    }
  });

  await test('older than what is kept is said to be unknown', async () => {
    await record(ours.client_id, '', { stream: '' }, day(200, '08:00'));
    const days = (Date.now() - Date.parse((await at()).known_since)) / 86_400_000;
    assert.ok(days > 89.9 && days < 90.1, `${days}`);
  });

  await stack.query('select app.remove_workspace($1)', [ours.slug]);
}
