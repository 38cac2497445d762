// The protocol itself, frame by frame, and what a token is good for.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { connect, signToken, topicOf } from '../listeners.mjs';
import { detect } from '../runs.mjs';
import { northwind, onEmptyTables } from '../stack.mjs';

export async function framesSuite(t, stack) {
  const test = onEmptyTables(t, stack);
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
  const kit = { test, stack, topic, user_id, token, join };
  await frameTests(kit);
  await tokenTests(kit);
}

async function frameTests({ test, stack, topic, token, join }) {
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
    await detect(stack, { streams: [] });
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
}

async function tokenTests({ test, stack, topic, user_id, token, join }) {
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
    const joined = async () => assert.equal((await socket.next())[4].status, 'ok');
    socket.send(['1', '1', topic, 'phx_join', join(token(6))]);
    await joined();
    const [, , , event, payload] = await socket.next();
    assert.deepEqual([event, payload.extension, payload.status], ['system', 'system', 'error']);
    assert.match(payload.message, /InvalidJWTExpiration/);
    assert.equal((await socket.next())[3], 'phx_close');
    const endsBefore = Date.now() + 6000;
    socket.send(['2', '2', topic, 'phx_join', join(token(6))]);
    await joined();
    socket.send(['2', '3', topic, 'access_token', { access_token: token(60) }]);
    socket.send(['2', '4', topic, 'access_token', { access_token: 'sb_publishable_x' }]); // ignored
    await sleep(endsBefore - Date.now() + 200); // the token that it joined with has ended
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
