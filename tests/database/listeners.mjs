// Two ways to listen: through the unmodified supabase-js, and with bare frames.

import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { createClient } from '@supabase/supabase-js';
import WebSocket from 'ws';

export const topicOf = (clientId) => `workspace:${clientId}`;

const listening = new WeakMap(); // a stack, of which several are tried side by side, and its clients

/** Ends all of a stack that listen(): a test that failed must not keep the process alive. */
export async function closeListeners(stack) {
  for (const client of listening.get(stack) ?? []) {
    await client.removeAllChannels();
    await client.realtime.disconnect();
  }
  listening.delete(stack);
}

/**
 * Joins as a user: {state, reason, channel, next(), soFar(), leave()}. next() is the next message; soFar() gives
 * those that nobody took of all that was said before it is called: what comes on this socket after it marks the end.
 */
export async function listen(stack, name, vsn, topic) {
  const client = createClient(stack.url, stack.keys.publishable, {
    auth: { persistSession: false },
    realtime: { vsn },
  });
  listening.set(stack, [...(listening.get(stack) ?? []), client]);
  if (name !== 'anon') {
    const session = (await (await stack.signIn(name)).auth.getSession()).data.session;
    await client.realtime.setAuth(session.access_token);
  }
  const messages = [];
  const waiting = [];
  const listener = {};
  listener.channel = client.channel(topic, { config: { private: true } });
  listener.channel.on('broadcast', { event: '*' }, (message) => {
    const waiter = waiting.shift();
    if (waiter) waiter(message);
    else messages.push(message);
  });
  await new Promise((resolve) => {
    listener.channel.subscribe((state, error) => {
      listener.state ??= state;
      listener.reason ??= error?.message;
      resolve();
    });
  });
  listener.next = async () => {
    if (messages.length > 0) return messages.shift();
    const late = sleep(10_000, null, { ref: false }).then(() => assert.fail('no message within 10 s'));
    return Promise.race([new Promise((resolve) => waiting.push(resolve)), late]);
  };
  listener.soFar = async () => {
    if (listener.state !== 'SUBSCRIBED') {
      await new Promise((resolve) => {
        client.channel(randomUUID(), { config: { private: true } }).subscribe(resolve);
      });
      return messages.splice(0);
    }
    const mark = randomUUID();
    await stack.query(`select realtime.send('{}', $1, $2, true)`, [mark, topic]);
    const heard = [];
    for (;;) {
      const message = await listener.next();
      if (message.event === mark) return heard;
      heard.push(message);
    }
  };
  listener.leave = () => client.removeAllChannels();
  return listener;
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function signToken(jwtSecret, claims) {
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${head}.${createHmac('sha256', jwtSecret).update(head).digest('base64url')}`;
}

// A socket that speaks bare frames: {send(frame), next(event), closed}.
export async function connect(stack, vsn, apikey = stack.keys.publishable) {
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
            sleep(10_000, null, { ref: false }).then(() => assert.fail('no frame within 10 s')),
          ]),
    close: () => ws.close(),
  };
}
