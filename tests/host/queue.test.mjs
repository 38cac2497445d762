// What comes by a clock or a queue, and which of the two cores it reaches.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeWorker } from '../../edge-workers/host/host.mjs';
import { settingsDigest } from '../../edge-workers/host/secrets.mjs';
import { env, steps } from './core_double.mjs';
import {
  answering,
  batch,
  context,
  logged,
  message,
  ok,
  post,
  respond,
  workerAround,
} from './worker_double.mjs';

test('a tick tells the core the names of what is configured, never a value', async () => {
  let event;
  const core = steps((control) => ((event = control.event), { effects: [ok] }));
  await workerAround(core).scheduled({}, env());
  assert.deepEqual(event.configured.workspaces['harbor-yoga'], {
    present: ['stripe.secret_key'],
    problem: null,
    ids: {},
  });
  assert.doesNotMatch(JSON.stringify(event), /sk_test|whsec|sb_secret/);
  assert.equal(event.configured.settings, await settingsDigest(env()));
  assert.match(event.configured.service_settings['harbor-yoga stripe'], /^[0-9a-f]{16}$/);
});

test('a message is acknowledged or retried as the core says, and retried when it fails', async () => {
  const outcomes = { a: { outcome: 'ok' }, b: { outcome: 'retry', delay_secs: 20 } };
  const core = steps(({ event }) => {
    if (event.message.job === 'c') throw new Error('the core stopped');
    return { effects: [{ effect: 1, kind: 'done', ...outcomes[event.message.job] }] };
  });
  const messages = ['a', 'b', 'c'].map((job) => message({ job, workspace: 'northwind-dental' }));
  await logged(() => workerAround(core).queue(batch('webfluentia-jobs', ...messages), env()));
  assert.deepEqual(
    messages.map(({ became }) => became),
    ['ack', ['retry', 20], ['retry', 30]],
  );
});

test('the core is told when the settings of a job cannot be read, and decides', async () => {
  const seen = [];
  const core = steps(({ event }) => {
    seen.push([event.message.workspace, event.settings_unreadable]);
    return { effects: [event.settings_unreadable ? { ...ok, outcome: 'retry', delay_secs: 300 } : ok] };
  });
  const messages = [
    { job: 'sync', workspace: 'harbor-yoga', service: 'stripe' },
    { job: 'sync', workspace: 'northwind-dental', service: 'stripe' },
  ].map((body) => message(body));
  const broken = env({ WORKSPACE_HARBOR_YOGA: '{"stripe":' });
  await workerAround(core).queue(batch('webfluentia-jobs', ...messages), broken);
  assert.deepEqual(
    messages.map(({ became }) => became),
    [['retry', 300], 'ack'],
  );
  assert.deepEqual(seen, [
    ['harbor-yoga', true],
    ['northwind-dental', false],
  ]);
});

test("the dead-letter queue's messages are told apart", async () => {
  const kinds = [];
  const core = steps(({ event }) => (kinds.push(event.kind), { effects: [ok] }));
  const worker = workerAround(core);
  await worker.queue(batch('webfluentia-jobs', message({ job: 'sync' })), env());
  await worker.queue(batch('webfluentia-jobs-dead', message({ job: 'sync' })), env());
  assert.deepEqual(kinds, ['job', 'dead_letter']);
});

test('messages of the queues reach the one core, all else the other', async () => {
  const seen = [];
  const core = (name) =>
    steps(({ event }) => (seen.push(`${event.kind} ${name}`), { effects: [respond(200), ok] }));
  const worker = makeWorker({ edge: core('edge'), gateway: core('gateway') });
  await worker.fetch(post('/webhooks/stripe/northwind-dental', '{}'), env(), context());
  await worker.fetch(new Request('http://worker/api/health'), env(), context());
  await worker.scheduled({}, env());
  await worker.queue(batch('webfluentia-jobs', message({ job: 'sync' })), env());
  await worker.queue(batch('webfluentia-jobs-dead', message({ job: 'sync' })), env());
  assert.deepEqual(seen, ['webhook gateway', 'api gateway', 'tick gateway', 'job edge', 'dead_letter edge']);
});

test('a core that stops takes nothing of the other with it', async () => {
  const stopped = steps(() => {
    throw new Error('the core stopped: unreachable');
  });
  const worker = makeWorker({ edge: stopped, gateway: answering(200) });
  const one = message({ job: 'sync' });
  const [reply] = await logged(async () => {
    await worker.queue(batch('webfluentia-jobs', one), env());
    return worker.fetch(new Request('http://worker/api/health'), env(), context());
  });
  assert.deepEqual([one.became, reply.status], [['retry', 30], 200]);
});

test('a tick or a job that fails is logged by the kind of its error: the words may quote a secret', async () => {
  const core = steps(() => {
    throw new SyntaxError('sk_test_northwind+/=key');
  });
  const failed = async (run) => JSON.parse((await logged(run))[1][0]);
  const tick = () => assert.rejects(workerAround(core).scheduled({}, env()), { message: 'a tick failed' });
  assert.deepEqual(await failed(tick), { level: 'error', what: 'a tick failed', message: 'SyntaxError' });
  const one = message({ job: 'sync', workspace: 'northwind-dental' });
  const job = () => workerAround(core).queue(batch('webfluentia-jobs', one), env());
  assert.deepEqual(await failed(job), { level: 'error', what: 'a job flow failed', message: 'SyntaxError' });
});
