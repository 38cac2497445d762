// SendGrid on the real parts: signed events land once, a reply lands in its thread, the totals are those of
// the fixtures, and the webhook is judged by them.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { bundleOf } from '../../scripts/local/vars.mjs';
import {
  CLIENT,
  bucketObject,
  count,
  letTimePass,
  one,
  runTool,
  steer,
  testStack,
  until,
  untilRested,
} from './harness.mjs';

const HARBOR = 'harbor-yoga';
const client = CLIENT[HARBOR];
const FIXTURES = new URL('../fixtures/sendgrid/', import.meta.url);
const fixture = (name) => JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8'));
const WEEK = fixture('stats_week.built.json');
const NAMES = Object.keys(WEEK[0].stats[0].metrics);

let stack, keys, url;
before(async () => {
  stack = await testStack('sendgrid');
  keys = bundleOf(stack.vars, HARBOR).sendgrid;
  url = `${stack.state.urls.dashboard}webhooks/sendgrid/${HARBOR}`;
  await stack.tick();
  await untilRested(stack, 90_000);
});
after(() => stack?.stop());

const deliver = (what) => steer(stack, '/deliver', { service: 'sendgrid', key: keys.api_key, url, ...what });
const withPassword = (password = keys.inbound_password) => url.replace('://', `://sendgrid:${password}@`);
const now = () => Math.floor(Date.now() / 1000);
const event = (more = {}) => ({
  ...{ email: 'Jo@Contact.example', timestamp: now() - 5, event: 'delivered', response: '250 OK' },
  ...{ sg_event_id: randomUUID(), sg_message_id: 'Zq1T2mNoQ5e0f6yZs1kV5g.recvd-1' },
  ...more,
});
const threadToken = (thread, key = keys.thread_key) => {
  const hex = createHmac('sha256', key).update(`email thread ${client} ${thread}`).digest('hex');
  return `reply+${thread}.${hex.slice(0, 24)}@${keys.inbound_domain}`;
};
const mailTo = (address, fields = {}) => ({
  kind: 'inbound',
  url: withPassword(),
  fields: {
    headers: `Message-ID: <${randomUUID()}@contact.example>\r\nSubject: Re: Hello`,
    from: 'Jo Doe <jo@contact.example>',
    to: address,
    subject: 'Re: Hello',
    text: 'Yes, please.',
    envelope: JSON.stringify({ to: [address], from: 'jo@contact.example' }),
    charsets: '{"text":"UTF-8"}',
    ...fields,
  },
});
const messages = (where, values) =>
  stack.query(`select * from email_messages where client_id = '${client}' and ${where}`, values);
const sentMessage = (id) =>
  stack.query(
    `insert into email_messages (client_id, id, thread_id, direction, state, sent_at, from_email, to_emails, source_at)
     values ($1, $2, $3, 'sent', 'unknown', now(), 'hello@harbor-yoga.example', '[]', now())`,
    [client, id, id.replaceAll('-', '')],
  );

test('the daily totals are those of the fixtures', async () => {
  const sums = NAMES.map((name) => `sum(${name})::int as ${name}`).join(', ');
  const row = await one(
    stack,
    `select ${sums}, count(*)::int as days from email_stats_daily where client_id = $1`,
    [client],
  );
  for (const name of NAMES)
    assert.equal(
      row[name],
      WEEK.reduce((sum, day) => sum + day.stats[0].metrics[name], 0),
      name,
    );
  // Today and the 90 days before it, although SendGrid has something of seven alone.
  const { first, gaps } = await one(
    stack,
    `select (now() at time zone 'UTC')::date - min(day) as first, max(day) - min(day) + 1 - count(*)::int as gaps
     from email_stats_daily where client_id = $1`,
    [client],
  );
  assert.deepEqual([first, gaps, row.days], [90, 0, 91]);
});

test('signed events land once, however often they come, and move their message on', async () => {
  const id = randomUUID();
  await sentMessage(id);
  const at = now() - 30;
  for (let i = 0; i < 5; i++) {
    const copy = event({ timestamp: at, wf_message_id: id, sg_event_id: `copy-${i}` });
    assert.deepEqual(
      (await deliver({ kind: 'events', events: [copy], copies: 3 })).statuses,
      [200, 200, 200],
    );
  }
  const open = event({ event: 'open', timestamp: at + 1, wf_message_id: id, sg_machine_open: true });
  await deliver({
    kind: 'events',
    events: [open, event({ event: 'processed', timestamp: at - 1, wf_message_id: id })],
  });
  await until('the message is known', async () => (await messages('id = $1', [id]))[0].state === 'delivered');
  await until(
    'all receipts applied',
    async () => (await count(stack, 'webhook_receipts', `service = 'sendgrid' and state <> 'applied'`)) === 0,
  );
  const rows = await stack.query(
    'select event, email, is_machine_open from email_events where own_message_id = $1 order by occurred_at',
    [id],
  );
  assert.deepEqual(
    rows.map((row) => row.event),
    ['processed', 'delivered', 'open'],
  );
  assert.equal(rows[2].is_machine_open, true);
  assert.equal(rows[0].email, 'jo@contact.example');
  assert.equal((await messages('id = $1', [id]))[0].message_id, 'Zq1T2mNoQ5e0f6yZs1kV5g');
});

test('a batch that was changed, is old, or is for another workspace is refused', async () => {
  const before = await count(stack, 'webhook_receipts');
  const old = await deliver({ kind: 'events', events: [event()], at: now() - 26 * 3600 });
  assert.deepEqual(old.statuses, [400]);
  const other = url.replace(HARBOR, 'northwind-dental');
  assert.deepEqual((await deliver({ kind: 'events', events: [event()], url: other })).statuses, [400]);
  const lost = () =>
    stack.query(
      `select object_key, error from webhook_receipts where service = 'sendgrid' and state = 'failed'`,
    );
  await until('the old one is told', async () => (await lost()).length === 1);
  assert.deepEqual(await lost(), [{ object_key: null, error: 'a delivery was refused: timestamp too old' }]);
  assert.equal(await count(stack, 'webhook_receipts'), before + 1);
});

test('a reply lands in its thread, with its file; a forged address in one of its own', async () => {
  const thread = randomUUID().replaceAll('-', '');
  await stack.query(
    `insert into email_threads (client_id, id, contact_email, state, started_at, last_message_at, source_at)
     values ($1, $2, 'jo@contact.example', 'closed', now() - interval '1 day', now() - interval '1 day', now())`,
    [client, thread],
  );
  const files = [{ name: '../x.txt', type: 'text/plain', text: 'attached' }];
  assert.deepEqual(
    (await deliver({ ...mailTo(threadToken(thread)), files, copies: 2 })).statuses,
    [200, 200],
  );
  const [mail] = await until('the reply', async () => {
    const found = await messages('thread_id = $1', [thread]);
    return found.length > 0 && found;
  });
  assert.deepEqual(
    [mail.direction, mail.body_text, mail.from_name, mail.is_auto_reply],
    ['received', 'Yes, please.', 'Jo Doe', false],
  );
  assert.equal(mail.attachments[0].name, 'x.txt');
  assert.equal(bucketObject(stack, mail.attachments[0].object_key).toString(), 'attached');
  const { state, last_direction } = await one(stack, 'select * from email_threads where id = $1', [thread]);
  assert.deepEqual([state, last_direction], ['open', 'received']);

  await deliver(mailTo(threadToken(thread, 'another key'), { text: 'forged' }));
  const [forged] = await until('the forged one', async () => {
    const found = await messages(`body_text = 'forged'`);
    return found.length > 0 && found;
  });
  assert.notEqual(forged.thread_id, thread);
  assert.equal(await count(stack, 'email_threads', `id = '${forged.thread_id}'`), 1);
  assert.equal((await messages('thread_id = $1', [thread])).length, 1);
});

test('a reply without a signed address finds its thread by the mail that it answers', async () => {
  const id = randomUUID();
  await sentMessage(id);
  await deliver({
    kind: 'events',
    events: [
      event({ wf_message_id: id, 'smtp-id': '<answered+"%&@ismtpd.sendgrid.net>', sg_message_id: 'other.1' }),
    ],
  });
  await until('its smtp id', async () => (await messages('id = $1', [id]))[0].smtp_id);
  const headers = 'Message-ID: <b@contact.example>\r\nIn-Reply-To: <answered+"%&@ismtpd.sendgrid.net>';
  await deliver(mailTo(`info@${keys.inbound_domain}`, { headers, text: 'by reference' }));
  const [mail] = await until('the reply', async () => {
    const found = await messages(`body_text = 'by reference'`);
    return found.length > 0 && found;
  });
  assert.equal(mail.thread_id, id.replaceAll('-', ''));
});

test('mail with another password, or none, is to come again, and counted', async () => {
  const before = await count(stack, 'webhook_receipts');
  for (const target of [withPassword('another-password'), url])
    assert.deepEqual(
      (await deliver({ ...mailTo(`info@${keys.inbound_domain}`), url: target })).statuses,
      [503],
    );
  const facts = () =>
    one(
      stack,
      `select bad_signatures from service_facts where client_id = $1 and service = 'sendgrid' and stream = 'webhook'`,
      [client],
    );
  await until('two are counted', async () => (await facts()).bad_signatures >= 2);
  assert.equal(await count(stack, 'webhook_receipts'), before);
});

test('mail that is too large is kept and on the card, also when the next one is in, and a replay reads it', async () => {
  const address = `info@${keys.inbound_domain}`;
  const failure = async () =>
    (
      await one(
        stack,
        `select failure_message from service_facts where client_id = $1 and service = 'sendgrid' and stream = 'webhook'`,
        [client],
      )
    ).failure_message;
  const applied = () => count(stack, 'webhook_receipts', `state = 'applied'`);
  const files = [{ name: 'plan.txt', type: 'text/plain', text: 'x'.repeat(25_000_000) }];
  const large = { ...mailTo(address, { text: 'The plan is attached.' }), files };
  assert.deepEqual((await deliver(large)).statuses, [200]);
  await until('it is told', async () => /more than 5 MB; its bytes are kept/.test(await failure()));
  const before = await applied();
  await deliver(mailTo(address));
  await until('the next one is in', async () => (await applied()) === before + 1);
  assert.match(await failure(), /more than 5 MB/);

  const of = ['--workspace', HARBOR, '--service', 'sendgrid', '--state', 'unreadable'];
  const { out } = await runTool(stack, 'replay', ...of, '--apply', '--json');
  // Whose thread it is the host must be asked: the next tick does.
  assert.deepEqual(JSON.parse(out).receipts, { received: 1 });
  await letTimePass(stack);
  await stack.tick();
  const [{ attachments }] = await until('it is read', async () => {
    const found = await messages(`body_text = 'The plan is attached.'`);
    return found.length > 0 && found;
  });
  assert.equal(bucketObject(stack, attachments[0].object_key).length, 25_000_000);
  assert.doesNotMatch((await failure()) ?? '', /5 MB/);
});

test('new totals judge the webhook: how many events never arrived', async () => {
  // Enough of a past that the week is compared, with one event a day.
  for (let ago = 8; ago >= 2; ago--)
    await stack.query(
      `insert into email_events (client_id, message_id, email, event, occurred_at, source_at)
       select $1, 'past', 'a@b.example', 'delivered', at, at
       from (select ((now() at time zone 'UTC')::date - $2::int + time '12:00') at time zone 'UTC') v (at)`,
      [client, ago],
    );
  await stack.query(
    `update sync_cursors set next_due_at = now() - interval '1 second' where client_id = $1 and service = 'sendgrid'`,
    [client],
  );
  await stack.tick();
  await untilRested(stack);
  const facts = await one(
    stack,
    `select reconciled_missed, reconciled_at from service_facts where client_id = $1 and service = 'sendgrid' and stream = 'webhook'`,
    [client],
  );
  // The recorded week ends yesterday: of its days those from seven to two days ago count.
  const compared = WEEK.slice(0, 6).map((day) => day.stats[0].metrics.delivered);
  assert.equal(
    facts.reconciled_missed,
    compared.reduce((sum, delivered) => sum + Math.max(0, delivered - 1), 0),
  );
  assert.ok(facts.reconciled_at);
});

// The recorded deliveries as SendGrid words them, after what the totals are compared with.
test('the recorded events of every type are rows, each with what it carries', async () => {
  const events = fixture('event_batch_all_types.json');
  assert.deepEqual((await deliver({ kind: 'events', events, copies: 2 })).statuses, [200, 200]);
  const mine = `client_id = '${client}' and email = 'example@test.com'`;
  await until('all of them', async () => (await count(stack, 'email_events', mine)) === events.length);
  await until(
    'both copies settled',
    async () => (await count(stack, 'webhook_receipts', `state = 'received'`)) === 0,
  );
  const own = ['url', 'reason', 'status', 'response', 'ip', 'attempt', 'asm_group_id'];
  const rows = await stack.query(
    `select event, extract(epoch from occurred_at)::int as timestamp, sg_event_id, "smtp_id" as "smtp-id",
       user_agent as useragent, categories, ${own.join(', ')} from email_events where ${mine} order by event`,
  );
  const told = ({ event, timestamp, sg_event_id, useragent = null, category, ...more }) => ({
    ...{ event, timestamp, sg_event_id, 'smtp-id': more['smtp-id'], useragent },
    categories: [category].flat(),
    ...Object.fromEntries(
      own.map((name) => [
        name,
        ['attempt', 'asm_group_id'].includes(name) && more[name] ? Number(more[name]) : (more[name] ?? null),
      ]),
    ),
  });
  assert.deepEqual(
    rows,
    events.map(told).sort((a, b) => (a.event < b.event ? -1 : 1)),
  );
});

test('the recorded mail is a message in a thread of its own', async () => {
  const body = readFileSync(new URL('inbound_default.multipart.txt', FIXTURES));
  const password = Buffer.from(`sendgrid:${keys.inbound_password}`).toString('base64');
  const headers = {
    'content-type': 'multipart/form-data; boundary=xYzZY',
    authorization: `Basic ${password}`,
  };
  assert.equal((await fetch(url, { method: 'POST', headers, body })).status, 200);
  const [mail] = await until('the mail', async () => {
    const found = await messages(`subject = 'Testing non-raw'`);
    return found.length > 0 && found;
  });
  assert.deepEqual(
    [mail.direction, mail.from_email, mail.from_name, mail.body_text.trim()],
    ['received', 'test@example.com', 'Example User', 'Hello Twilio SendGrid!'],
  );
  assert.deepEqual(await messages('thread_id = $1', [mail.thread_id]), [mail]);
});
