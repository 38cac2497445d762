// Broadcast from the database, heard through the unmodified supabase-js and through bare
// frames of both protocol versions.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { createClient } from '@supabase/supabase-js';
import WebSocket from 'ws';

import { detect, leasedRun, page } from '../runs.mjs';
import { call, harbor, northwind } from '../stack.mjs';

const topicOf = (clientId) => `workspace:${clientId}`;

export async function realtimeSuite(t, stack) {
  const test = (name, body) =>
    t.test(name, async () => {
      await stack.reset();
      await body();
    });

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
      await sleep(150);
      assert.equal(message.event, 'changed');
      assert.deepEqual([message.payload.table, message.payload.service], ['service_facts', 'stripe']);
      assert.ok(message.meta.id);
      for (const name of ['outsider', 'anon', 'elsewhere'])
        assert.deepEqual(listeners[name].messages, [], name);
      await Promise.all(Object.values(listeners).map((listener) => listener.close()));
    });
  }

  await test('a change is heard within 100 ms of the reply to its write', async () => {
    const listener = await listen(stack, 'viewer', '2.0.0', topicOf(northwind));
    const run = await leasedRun(stack);
    await sleep(100);
    const delays = [];
    for (let number = 1; number <= 10; number += 1) {
      listener.messages.length = 0;
      await call(stack, 'apply_page', page(run, number, [], { facts: { last_rows: number } }));
      const replied = performance.now();
      await listener.next();
      delays.push(performance.now() - replied);
    }
    await listener.close();
    delays.sort((a, b) => a - b);
    assert.ok(delays[5] < 100, `median ${delays[5].toFixed(1)} ms`);
  });

  await test('one message per statement and workspace; progress of a run is told once', async () => {
    const listener = await listen(stack, 'viewer', '2.0.0', topicOf(northwind));
    const run = await leasedRun(stack);
    await sleep(150);
    listener.messages.length = 0;
    await call(stack, 'apply_page', page(run, 1, [], { facts: { progress_done: 1 } }));
    await sleep(150);
    assert.deepEqual(
      listener.messages.map(({ payload }) => payload.table),
      ['service_facts'],
    );
    listener.messages.length = 0;
    await stack.query(`update public.service_facts set failures = 3 where client_id = $1`, [northwind]);
    await sleep(150);
    assert.equal(listener.messages.length, 1);
    await stack.query(`update public.service_facts set failures = 3`);
    await sleep(150);
    assert.equal(listener.messages.length, 1, 'a write that changes nothing says nothing');
    await listener.close();
  });

  await test('a write that is rolled back is not told', async () => {
    const listener = await listen(stack, 'viewer', '2.0.0', topicOf(northwind));
    const run = await leasedRun(stack);
    await sleep(150);
    listener.messages.length = 0;
    await assert.rejects(call(stack, 'apply_page', page(run, 1, [], { facts: { failures: 'none' } })));
    await sleep(150);
    assert.deepEqual(listener.messages, []);
    await listener.close();
  });

  await test('a message too large for NOTIFY arrives whole', async () => {
    const listener = await listen(stack, 'viewer', '2.0.0', topicOf(northwind));
    const text = 'x'.repeat(20_000);
    await stack.query(`select realtime.send(jsonb_build_object('text', $1::text), 'long', $2, true)`, [
      text,
      topicOf(northwind),
    ]);
    assert.equal((await listener.next()).payload.text, text);
    await listener.close();
  });

  await test('nobody but the database can speak on a topic', async () => {
    const listener = await listen(stack, 'viewer', '2.0.0', topicOf(northwind));
    const speaker = await listen(stack, 'agency', '2.0.0', topicOf(northwind));
    await speaker.channel.send({ type: 'broadcast', event: 'changed', payload: { table: 'forged' } });
    await sleep(150);
    assert.deepEqual(listener.messages, []);
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
    await Promise.all([listener.close(), speaker.close()]);
  });

  await frameTests(test, stack);
}

const states = (listeners) =>
  Object.fromEntries(Object.entries(listeners).map(([name, { state }]) => [name, state]));

async function listen(stack, name, vsn, topic) {
  const client = createClient(stack.url, stack.keys.publishable, {
    auth: { persistSession: false },
    realtime: { vsn },
  });
  if (name !== 'anon') {
    const session = (await (await stack.signIn(name)).auth.getSession()).data.session;
    await client.realtime.setAuth(session.access_token);
  }
  const listener = { messages: [], waiting: [] };
  listener.channel = client.channel(topic, { config: { private: true } });
  listener.channel.on('broadcast', { event: '*' }, (message) => {
    const waiter = listener.waiting.shift();
    if (waiter) waiter(message);
    else listener.messages.push(message);
  });
  await new Promise((resolve) => {
    listener.channel.subscribe((state, error) => {
      listener.state ??= state;
      listener.reason ??= error?.message;
      resolve();
    });
  });
  listener.next = async () => {
    if (listener.messages.length > 0) return listener.messages.shift();
    const late = sleep(3000, null, { ref: false }).then(() => assert.fail('no message within 3 s'));
    return Promise.race([new Promise((resolve) => listener.waiting.push(resolve)), late]);
  };
  listener.close = async () => {
    await client.removeAllChannels();
    await client.realtime.disconnect();
  };
  return listener;
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function signToken(jwtSecret, claims) {
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${head}.${createHmac('sha256', jwtSecret).update(head).digest('base64url')}`;
}

// A socket that speaks bare frames: {send(frame), next(event), closed}.
async function connect(stack, vsn, apikey = stack.keys.publishable) {
  const url = `${stack.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${apikey}&vsn=${vsn}`;
  const ws = new WebSocket(url);
  const frames = [];
  const waiting = [];
  ws.on('message', (data, isBinary) => {
    const frame = isBinary ? data : JSON.parse(data);
    const waiter = waiting.shift();
    if (waiter) waiter(frame);
    else frames.push(frame);
  });
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
  return {
    ws,
    send: (frame) =>
      ws.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame)),
    next: () =>
      frames.length
        ? Promise.resolve(frames.shift())
        : Promise.race([
            new Promise((resolve) => waiting.push(resolve)),
            sleep(3000, null, { ref: false }).then(() => assert.fail('no frame within 3 s')),
          ]),
    close: () => ws.close(),
  };
}

async function frameTests(test, stack) {
  const topic = `realtime:${topicOf(northwind)}`;
  const [{ user_id }] = await stack.query(
    `select user_id from public.workspace_members where client_id = $1 and role = 'viewer'`,
    [northwind],
  );
  const token = (lifeSecs, secret = stack.keys.jwtSecret) =>
    signToken(secret, { role: 'authenticated', sub: user_id, exp: Math.floor(Date.now() / 1000) + lifeSecs });
  const join = (access_token) => ({
    config: { private: true, broadcast: { ack: false, self: false } },
    access_token,
  });

  await test('version 1 frames: join, heartbeat, broadcast, leave', async () => {
    const socket = await connect(stack, '1.0.0');
    const frame = (event, payload, ref, on = topic) => ({ topic: on, event, payload, ref, join_ref: '1' });
    socket.send(frame('phx_join', join(token(60)), '1'));
    assert.deepEqual(await socket.next(), {
      topic,
      event: 'phx_reply',
      payload: { status: 'ok', response: { postgres_changes: [] } },
      ref: '1',
      join_ref: '1',
    });
    socket.send(frame('heartbeat', {}, '2', 'phoenix'));
    assert.equal((await socket.next()).payload.status, 'ok');
    await detect(stack, {});
    const { event, payload } = await socket.next();
    assert.deepEqual(
      [event, payload.type, payload.event, payload.payload.table],
      ['broadcast', 'broadcast', 'changed', 'service_facts'],
    );
    socket.send(frame('phx_leave', {}, '3'));
    assert.deepEqual([(await socket.next()).event, (await socket.next()).event], ['phx_reply', 'phx_close']);
    socket.close();
  });

  await test('version 2 frames: arrays, and a binary broadcast', async () => {
    const socket = await connect(stack, '2.0.0');
    socket.send(['1', '1', topic, 'phx_join', join(token(60))]);
    assert.deepEqual(await socket.next(), [
      '1',
      '1',
      topic,
      'phx_reply',
      { status: 'ok', response: { postgres_changes: [] } },
    ]);
    await detect(stack, {});
    const message = await socket.next();
    const [kind, topicLength, eventLength, metaLength, encoding] = message;
    assert.deepEqual([kind, encoding], [4, 1]);
    const text = message.subarray(5).toString('utf8');
    assert.equal(text.slice(0, topicLength), topic);
    assert.equal(text.slice(topicLength, topicLength + eventLength), 'changed');
    assert.equal(JSON.parse(text.slice(topicLength + eventLength + metaLength)).table, 'service_facts');
    socket.close();
  });

  await test('what is not a frame does not drop the socket', async () => {
    const socket = await connect(stack, '2.0.0');
    for (const rubbish of [
      '',
      '{',
      '[]',
      'null',
      '[1,2,3]',
      Buffer.from([3, 0, 0]),
      '["1","1","t","constructor",{}]',
    ])
      socket.send(rubbish);
    socket.send([null, '9', 'phoenix', 'heartbeat', {}]);
    assert.deepEqual(await socket.next(), [
      null,
      '9',
      'phoenix',
      'phx_reply',
      { status: 'ok', response: {} },
    ]);
    socket.close();
  });

  await test('a bad token is refused with the reason hosted Realtime gives', async () => {
    const socket = await connect(stack, '2.0.0');
    const refusals = [
      [token(-300), /^InvalidJWTExpiration: Token has expired 30\d seconds ago$/],
      [token(60, 'another secret'), /^JwtSignatureError/],
      ['rubbish', /^MalformedJWT/],
      [undefined, /^Unauthorized/],
      [signToken(stack.keys.jwtSecret, { role: 'postgres', sub: user_id, exp: 4e9 }), /^Unauthorized/],
    ];
    for (const [bad, reason] of refusals) {
      socket.send(['1', '1', topic, 'phx_join', join(bad)]);
      const [, , , event, payload] = await socket.next();
      assert.deepEqual([event, payload.status], ['phx_reply', 'error']);
      assert.match(payload.response.reason, reason);
    }
    socket.close();
  });

  await test('an expired token closes its channel, a renewed one keeps it', async () => {
    const socket = await connect(stack, '2.0.0');
    socket.send(['1', '1', topic, 'phx_join', join(token(1))]);
    await socket.next();
    const [, , , event, payload] = await socket.next();
    assert.deepEqual([event, payload.extension, payload.status], ['system', 'system', 'error']);
    assert.match(payload.message, /InvalidJWTExpiration/);
    assert.equal((await socket.next())[3], 'phx_close');
    socket.send(['2', '2', topic, 'phx_join', join(token(2))]);
    await socket.next();
    socket.send(['2', '3', topic, 'access_token', { access_token: token(60) }]);
    socket.send(['2', '4', topic, 'access_token', { access_token: 'sb_publishable_x' }]); // ignored
    await sleep(2200);
    await detect(stack, {});
    assert.ok(Buffer.isBuffer(await socket.next()));
    socket.close();
  });

  await test('a member who was removed hears nothing after the next renewal', async () => {
    const socket = await connect(stack, '2.0.0');
    socket.send(['1', '1', topic, 'phx_join', join(token(60))]);
    await socket.next();
    await stack.query('delete from public.workspace_members where user_id = $1', [user_id]);
    socket.send(['1', '2', topic, 'access_token', { access_token: token(60) }]);
    assert.match((await socket.next())[4].message, /Unauthorized/);
    await stack.query(
      `insert into public.workspace_members (client_id, user_id, role) values ($1, $2, 'viewer')`,
      [northwind, user_id],
    );
    socket.close();
  });

  await test('the socket needs a key of the project', async () => {
    await assert.rejects(connect(stack, '2.0.0', 'sb_publishable_wrong'), /401/);
  });
}
