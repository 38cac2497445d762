// Broadcast from the database, heard through the unmodified supabase-js.

import assert from 'node:assert/strict';

import { closeListeners, listen, topicOf } from '../listeners.mjs';
import { detect, leasedRun, page } from '../runs.mjs';
import { call, harbor, northwind } from '../stack.mjs';

export async function realtimeSuite(t, stack) {
  const test = (name, body) =>
    t.test(name, async () => {
      await stack.reset();
      try {
        await body();
      } finally {
        await closeListeners(stack);
      }
    });
  await memberTests(test, stack);
  await messageTests(test, stack);
  await limitTests(test, stack);
}

async function memberTests(test, stack) {
  for (const vsn of ['1.0.0', '2.0.0']) {
    await test(`supabase-js ${vsn}: a change reaches the members and nobody else`, async () => {
      const listeners = {};
      for (const name of ['viewer', 'agency', 'outsider', 'anon']) {
        listeners[name] = await listen(stack, name, vsn, topicOf(northwind));
      }
      listeners.elsewhere = await listen(stack, 'outsider', vsn, topicOf(harbor));
      assert.deepEqual(states(listeners), {
        viewer: 'SUBSCRIBED',
        agency: 'SUBSCRIBED',
        outsider: 'CHANNEL_ERROR',
        anon: 'CHANNEL_ERROR',
        elsewhere: 'SUBSCRIBED',
      });
      assert.match(listeners.outsider.reason, /Unauthorized/);
      await detect(stack, {});
      const message = await listeners.viewer.next();
      await listeners.agency.next();
      assert.equal(message.event, 'changed');
      assert.deepEqual([message.payload.table, message.payload.service], ['service_facts', 'stripe']);
      assert.ok(message.meta.id);
      for (const name of ['outsider', 'anon', 'elsewhere'])
        assert.deepEqual(await listeners[name].soFar(), [], name);
    });
  }
}

async function messageTests(test, stack) {
  await test('a change is heard within 100 ms of the reply to its write', async () => {
    const listener = await listen(stack, 'viewer', '2.0.0', topicOf(northwind));
    const run = await leasedRun(stack);
    await listener.soFar();
    const delays = [];
    for (let number = 1; number <= 10; number += 1) {
      await call(stack, 'apply_page', page(run, number, [], { facts: { last_rows: number } }));
      const replied = performance.now();
      await listener.next();
      delays.push(performance.now() - replied);
    }
    // Others are at work beside it: what it takes by itself is the least.
    const least = Math.min(...delays);
    assert.ok(least < 100, `at least ${least.toFixed(1)} ms`);
  });

  await test('one message per statement and workspace; progress of a run is told once', async () => {
    const listener = await listen(stack, 'viewer', '2.0.0', topicOf(northwind));
    const run = await leasedRun(stack);
    await listener.soFar();
    await call(stack, 'apply_page', page(run, 1, [], { facts: { progress_done: 1 } }));
    assert.deepEqual(
      (await listener.soFar()).map(({ payload }) => payload.table),
      ['service_facts'],
    );
    await stack.query(`update public.service_facts set failures = 3 where client_id = $1`, [northwind]);
    assert.equal((await listener.soFar()).length, 1);
    await stack.query(`update public.service_facts set failures = 3`);
    assert.deepEqual(await listener.soFar(), [], 'a write that changes nothing says nothing');
  });
}

async function limitTests(test, stack) {
  await test('a write that is rolled back is not told', async () => {
    const listener = await listen(stack, 'viewer', '2.0.0', topicOf(northwind));
    const run = await leasedRun(stack);
    await listener.soFar();
    await assert.rejects(call(stack, 'apply_page', page(run, 1, [], { facts: { failures: 'none' } })));
    assert.deepEqual(await listener.soFar(), []);
  });

  await test('a message too large for NOTIFY arrives whole', async () => {
    const listener = await listen(stack, 'viewer', '2.0.0', topicOf(northwind));
    const text = 'x'.repeat(20_000);
    await stack.query(`select realtime.send(jsonb_build_object('text', $1::text), 'long', $2, true)`, [
      text,
      topicOf(northwind),
    ]);
    assert.equal((await listener.next()).payload.text, text);
  });

  await test('nobody but the database can speak on a topic', async () => {
    const listener = await listen(stack, 'viewer', '2.0.0', topicOf(northwind));
    const speaker = await listen(stack, 'agency', '2.0.0', topicOf(northwind));
    await speaker.channel.send({ type: 'broadcast', event: 'changed', payload: { table: 'forged' } });
    await speaker.leave(); // which is answered: what it said before has been read
    assert.deepEqual(await listener.soFar(), []);
    const viewer = await stack.signIn('viewer');
    const { error } = await viewer
      .schema('realtime')
      .from('messages')
      .insert({
        topic: topicOf(northwind),
        extension: 'broadcast',
        event: 'changed',
        payload: {},
      });
    assert.ok(error);
  });
}

const states = (listeners) =>
  Object.fromEntries(Object.entries(listeners).map(([name, { state }]) => [name, state]));
