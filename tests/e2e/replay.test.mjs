// scripts/replay on a stack that has synced: what it shows is exactly what is wrong, what it writes brings
// the rows back, and nothing but rows and an unread delivery's receipt ever changes.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { deliveriesTo, fresh } from './deliveries.mjs';
import {
  CLIENT,
  NORTHWIND,
  bucketObjects,
  letTimePass,
  one,
  runTool,
  testStack,
  until,
  untilRested,
} from './harness.mjs';
import { LISTS, assertRowsOf } from './stripe_rows.mjs';

const COUNTS = ['new', 'changed', 'same', 'refused', 'tied'];

let stack, deliver, receipt, settled, scratch;
before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'replay-test-'));
  stack = await testStack('replay');
  ({ deliver, receipt, settled } = deliveriesTo(stack));
  await stack.tick();
  await untilRested(stack, 90_000);
});
after(async () => {
  await stack?.stop();
  rmSync(scratch, { recursive: true });
});

const run = (...args) => runTool(stack, 'replay', ...args);

async function replay(...args) {
  const { code, out, errors } = await run('--json', ...args);
  assert.equal(code, 0, errors);
  return { ...JSON.parse(out), errors };
}

const ofStripe = (...args) => replay('--workspace', NORTHWIND, '--service', 'stripe', ...args);
const fatesOf = ({ tables }, name) => {
  const table = tables.find((one) => one.table === name);
  return table && Object.fromEntries(COUNTS.map((fate) => [fate, table[fate]]));
};

// Everything that a replay must leave alone.
const bookkeeping = () =>
  one(
    stack,
    `select (select jsonb_agg(to_jsonb(r) order by run_id) from sync_runs r) as runs,
       (select jsonb_agg(to_jsonb(c) order by service, stream, partition, client_id) from sync_cursors c) as cursors,
       (select jsonb_agg(to_jsonb(f) order by service, stream, partition, client_id) from service_facts f) as facts,
       (select count(*) from facts_history) as history`,
  );

test('every archived page of every service says what is stored', async () => {
  for (const [workspace, service] of [
    [NORTHWIND, 'stripe'],
    [NORTHWIND, 'google_ads'],
    [NORTHWIND, 'cloudflare'],
    ['harbor-yoga', 'search_console'],
    ['harbor-yoga', 'pagespeed'],
    [NORTHWIND, 'meta'],
    ['harbor-yoga', 'sendgrid'],
    [NORTHWIND, 'supabase'],
  ]) {
    const found = await replay('--workspace', workspace, '--service', service);
    assert.equal(found.problem_count, 0, `${service}: ${JSON.stringify(found.problems)}`);
    assert.ok(found.objects > 0 && found.tables.length > 0, service);
    for (const { table, new: added, changed, tied, same } of found.tables)
      assert.deepEqual(
        { added, changed, tied },
        { added: 0, changed: 0, tied: 0 },
        `${service} ${table}: ${same} same`,
      );
    assert.deepEqual([found.applied, found.written], [false, 0]);
  }
});

test('what was spoilt or lost is shown, exactly, and --apply brings it back', async () => {
  const [spoilt, lost, newer] = await stack.query('select * from stripe_charges order by id');
  await stack.query(`update stripe_charges set amount = -1, status = 'spoilt' where id = $1`, [spoilt.id]);
  await stack.query('delete from stripe_charges where id = $1', [lost.id]);
  await stack.query(
    `update stripe_charges set amount = 7, source_at = source_at + interval '1 day' where id = $1`,
    [newer.id],
  );
  const before = await bookkeeping();
  const rows = () => stack.query('select * from stripe_charges order by id');
  const asSpoilt = await rows();

  const shown = await ofStripe('--stream', 'charges');
  assert.deepEqual(fatesOf(shown, 'stripe_charges'), { new: 1, changed: 1, same: 2, refused: 1, tied: 0 });
  assert.deepEqual(shown.tables[0].columns, { amount: 1, status: 1 });
  assert.deepEqual(shown.tables[0].examples, [
    {
      key: { id: spoilt.id },
      columns: {
        amount: { stored: -1, replayed: Number(spoilt.amount) },
        status: { stored: 'spoilt', replayed: spoilt.status },
      },
    },
  ]);
  assert.deepEqual(await rows(), asSpoilt, 'nothing was written');

  const { code, out } = await run('--workspace', NORTHWIND, '--service', 'stripe', '--stream', 'charges');
  assert.equal(code, 0);
  assert.match(out, /stripe_charges +1 +1 +2 +1 +0/);
  assert.match(out, /amount: -1 -> \d+/);
  assert.match(out, /2 objects read.*nothing written/);

  const applied = await ofStripe('--stream', 'charges', '--apply');
  assert.deepEqual([applied.applied, applied.written], [true, 2]);
  const { amount } = await one(stack, 'select amount from stripe_charges where id = $1', [newer.id]);
  assert.equal(Number(amount), 7, 'what is newer stands');
  await stack.query('update stripe_charges set amount = $2, source_at = $3 where id = $1', [
    newer.id,
    newer.amount,
    newer.source_at,
  ]);
  for (const list of LISTS) await assertRowsOf(stack, list);
  assert.deepEqual(await bookkeeping(), before, 'runs, cursors, facts and their history are as they were');
  assert.deepEqual(fatesOf(await ofStripe('--stream', 'charges'), 'stripe_charges'), {
    ...{ new: 0, changed: 0, same: 5, refused: 0, tied: 0 },
  });
});

test('a report of a day, whose rows have hashes for keys, is brought back too', async () => {
  const all = () => stack.query('select * from gsc_queries_daily order by property, day, query, page');
  const rows = (await all()).map(({ updated_at, ...row }) => row);
  await stack.query('update gsc_queries_daily set clicks = clicks + 1000');
  const options = ['--workspace', 'harbor-yoga', '--service', 'search_console', '--apply'];
  const applied = await replay(...options);
  assert.equal(fatesOf(applied, 'gsc_queries_daily').changed, rows.length);
  assert.deepEqual(
    (await all()).map(({ updated_at, ...row }) => row),
    rows,
  );
});

test('a delivery that nobody could read is replayed when its bytes can be read', async () => {
  const good = fresh('charge_succeeded.json');
  const bad = { ...good, data: { object: { ...good.data.object, currency: 978 } } };
  assert.equal((await deliver(bad)).status, 200);
  assert.equal((await settled(good.id)).state, 'unreadable');
  const unread = await ofStripe('--state', 'unreadable', '--apply');
  assert.deepEqual([unread.objects, unread.problem_count], [0, 1]);
  assert.match(unread.errors, new RegExp(`${good.id}: stripe charges: currency`));
  assert.equal((await receipt(good.id)).state, 'unreadable');

  // What a corrected parser does to the same bytes, done to the bytes: the folder is what is read here.
  const folder = join(scratch, 'unreadable');
  await run('--workspace', NORTHWIND, '--service', 'stripe', '--state', 'unreadable', '--export', folder);
  const file = join(folder, 'webhooks', NORTHWIND, 'stripe', good.id);
  writeFileSync(file, readFileSync(file, 'utf8').replace('"currency": 978', '"currency": "usd"'));
  const shown = await replay('--folder', folder);
  assert.deepEqual(fatesOf(shown, 'stripe_charges'), { new: 1, changed: 0, same: 0, refused: 0, tied: 0 });
  assert.equal((await receipt(good.id)).state, 'unreadable');
  const applied = await replay('--folder', folder, '--apply');
  assert.deepEqual([applied.written, applied.receipts], [1, { applied: 1 }]);
  const { state, error } = await receipt(good.id);
  assert.deepEqual([state, error], ['applied', null]);
  const row = await one(stack, 'select * from stripe_charges where id = $1', [good.data.object.id]);
  assert.deepEqual([row.currency, Number(row.amount)], ['usd', 3000]);
  const facts = await one(
    stack,
    `select last_event_at from service_facts where client_id = $1 and service = 'stripe' and stream = 'webhook'`,
    [CLIENT[NORTHWIND]],
  );
  assert.ok(new Date(facts.last_event_at).getTime() / 1000 >= good.created);
});

test('one whose object must be asked for is opened again, and the next tick asks', async () => {
  const event = fresh('charge_dispute_created.json', { object: { charge: 'ch_nowhere' } });
  await deliver(event);
  await settled(event.id);
  await stack.query(`update webhook_receipts set state = 'unreadable' where delivery_key = $1`, [event.id]);
  const applied = await ofStripe('--state', 'unreadable', '--apply');
  assert.deepEqual([applied.stale, applied.receipts], [1, { received: 1 }]);
  await letTimePass(stack);
  await stack.tick();
  await until('the receipt', async () => (await receipt(event.id)).state === 'applied');
});

test('an exported folder holds every object with its metadata, and is replayed as the bucket is', async () => {
  const folder = join(scratch, 'all');
  const { code, out } = await run('--workspace', NORTHWIND, '--service', 'stripe', '--export', folder);
  assert.equal(code, 0);
  const keys = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.meta.json'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const kept = bucketObjects(stack).filter(({ key }) =>
    [`raw/${CLIENT[NORTHWIND]}/stripe/`, `webhooks/${NORTHWIND}/stripe/`].some((start) =>
      key.startsWith(start),
    ),
  );
  assert.deepEqual(keys.sort(), kept.map(({ key }) => key).sort());
  assert.match(out, new RegExp(`^${kept.length} objects copied`));
  for (const { key, bytes } of kept) {
    assert.deepEqual(readFileSync(join(folder, key)), bytes(), key);
    if (!key.startsWith('raw/')) continue;
    const { page } = JSON.parse(readFileSync(join(folder, `${key}.meta.json`), 'utf8'));
    const { from, source_at, status } = JSON.parse(page);
    assert.ok(from && source_at && status === 200, page);
  }
  const pick = ({ objects, tables }) => ({ objects, tables: tables.map(({ examples, ...rest }) => rest) });
  const [fromFolder, fromBucket] = [
    await replay('--folder', folder, '--service', 'stripe'),
    await ofStripe(),
  ];
  assert.deepEqual(pick(fromFolder), pick(fromBucket));

  await stack.query('delete from stripe_payment_links');
  await replay('--folder', folder, '--stream', 'payment_links', '--apply');
  await assertRowsOf(stack, 'payment_links');
});

test('an object that cannot be read is named, with the reason, and the others go on', async () => {
  const folder = join(scratch, 'broken');
  await run('--workspace', NORTHWIND, '--service', 'stripe', '--stream', 'charges', '--export', folder);
  const [first, second] = readdirSync(folder, { recursive: true })
    .filter((name) => /\/\d+\.json$/.test(name))
    .sort();
  writeFileSync(join(folder, first), '<html>');
  const found = await replay('--folder', folder);
  assert.deepEqual([found.objects, found.problem_count, found.problems[0].object_key], [1, 1, first]);
  assert.match(found.errors, new RegExp(`${first}: stripe charges`));
  rmSync(join(folder, `${second}.meta.json`));
  assert.match((await replay('--folder', folder)).errors, /2\.json: it was archived without/);
});

test('what is asked for wrongly is refused before anything is read', async () => {
  for (const [args, message] of [
    [['--workspace', NORTHWIND], /--service missing/],
    [['--workspace', NORTHWIND, '--service', 'stripe', '--since', 'yesterdayish'], /--since is no time/],
    [['--folder', scratch, '--account'], /one of/],
    [['--folder', scratch, '--state', 'failed'], /--state cannot/],
    [['--workspace', NORTHWIND, '--service', 'strpe'], /--service is none of .*stripe/],
    [['--workspace', NORTHWIND, '--service', 'stripe', '--state', 'odd'], /--state is none of received/],
    [['--aply'], /aply/],
  ]) {
    const { code, out, errors } = await run(...args);
    assert.deepEqual([code, out], [2, ''], errors);
    assert.match(errors, message);
  }
  const nothing = await run('--workspace', NORTHWIND, '--service', 'stripe', '--stream', 'chrges');
  assert.deepEqual([nothing.code, /nothing is archived of what --stream/.test(nothing.errors)], [0, true]);
  const nobody = await run('--workspace', 'nobody', '--service', 'stripe');
  assert.deepEqual([nobody.code, /no workspace nobody/.test(nobody.errors)], [1, true]);
  const account = await run(
    '--account',
    '--vars',
    join(stack.dir, '.dev.vars'),
    '--workspace',
    NORTHWIND,
    '--service',
    'stripe',
  );
  assert.match(account.errors, /CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID not in the environment/);
});

test('the Worker itself replays nothing: no path of it and no message of its queue', async () => {
  const { dashboard } = stack.state.urls;
  for (const path of ['api/replay', 'replay', 'webhooks/replay/northwind-dental']) {
    const reply = await fetch(dashboard + path, { method: 'POST', body: '{"kind":"replay"}' });
    assert.ok([404, 405].includes(reply.status), `${path}: ${reply.status}`);
  }
});
