// What a person asks for through the API, on the real parts: an email whose reply comes back into its thread,
// insights that hold to their facts, and the card that follows.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';

import { bundleOf } from '../../scripts/local/vars.mjs';
import { CLIENT, NORTHWIND, count, one, signIn, steer, testStack, until, untilRested } from './harness.mjs';

const HARBOR = 'harbor-yoga';
const client = CLIENT[HARBOR];

let stack, token, viewer, sendgrid;
before(async () => {
  stack = await testStack('actions');
  sendgrid = bundleOf(stack.vars, HARBOR).sendgrid;
  await stack.tick();
  await untilRested(stack, 90_000);
  token = await signIn(stack, 'agency@webfluentia.example');
  viewer = await signIn(stack, `viewer@${HARBOR}.example`);
});
after(() => stack?.stop());

async function ask(action, body, { as = token, id = randomUUID(), slug = HARBOR } = {}) {
  const reply = await fetch(`${stack.state.urls.dashboard}api/workspaces/${slug}/${action}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json', 'idempotency-key': id },
    body: JSON.stringify(body),
  });
  return { status: reply.status, type: reply.headers.get('content-type'), body: await reply.json(), id };
}

const MAIL = {
  to: [{ email: 'jo@contact.example', name: 'Jo' }],
  subject: 'Your class',
  text: 'See you on Monday.',
};
const sendgridFault = (fault, more = {}) =>
  steer(stack, '/scenario', { key: sendgrid.api_key, service: 'sendgrid', fault, ...more });
const openaiFault = (fault, more = {}) =>
  steer(stack, '/scenario', { key: stack.vars.OPENAI_API_KEY, service: 'openai', fault, ...more });

test('an email is sent once, and its reply lands in its thread', async () => {
  const sent = await ask('email', MAIL);
  assert.equal(sent.status, 202, JSON.stringify(sent.body));
  const { message_id, thread_id } = sent.body;
  const row = await one(stack, 'select * from email_messages where client_id = $1 and id = $2', [
    client,
    message_id,
  ]);
  assert.deepEqual([row.direction, row.state, row.thread_id], ['sent', 'sent', thread_id]);
  assert.equal((await ask('email', MAIL, { id: sent.id })).status, 409, 'the same request again');

  const call = { service: 'sendgrid', key: sendgrid.api_key };
  const { sent: mails } = await steer(stack, '/deliver', { ...call, kind: 'sent' });
  assert.equal(mails.length, 1);
  const address = mails[0].mail.reply_to.email;
  const hook = `${stack.state.urls.dashboard}webhooks/sendgrid/${HARBOR}`;
  await steer(stack, '/deliver', {
    ...call,
    kind: 'inbound',
    url: hook.replace('://', `://sendgrid:${sendgrid.inbound_password}@`),
    fields: {
      headers: `Message-ID: <${randomUUID()}@contact.example>\r\nSubject: Re: Your class`,
      from: 'Jo <jo@contact.example>',
      to: address,
      subject: 'Re: Your class',
      text: 'With pleasure.',
      envelope: JSON.stringify({ to: [address], from: 'jo@contact.example' }),
      charsets: '{"text":"UTF-8"}',
    },
  });
  await until('the reply is in the thread', async () => {
    const where = `client_id = '${client}' and thread_id = '${thread_id}' and direction = 'received'`;
    return (await count(stack, 'email_messages', where)) === 1;
  });
});

test('a provider that says nothing leaves an email that may have been sent, and is not asked again', async () => {
  await sendgridFault('cut', { path: 'mail/send' });
  const lost = await ask('email', MAIL);
  await sendgridFault(null);
  assert.deepEqual([lost.status, lost.body.type], [502, 'urn:webfluentia:outcome-unknown']);
  assert.match(lost.body.detail, /look in SendGrid/);
  const row = await one(stack, 'select state from email_messages where client_id = $1 and id = $2', [
    client,
    lost.id,
  ]);
  assert.equal(row.state, 'unknown');
  assert.equal((await ask('email', MAIL, { id: lost.id })).status, 409);
});

test('a page of maintenance is no mail that was sent', async () => {
  for (const fault of ['html', 'wrong_type']) {
    await sendgridFault(fault, { path: 'mail/send' });
    const { status, body, id } = await ask('email', MAIL);
    await sendgridFault(null);
    assert.deepEqual([status, body.type], [502, 'urn:webfluentia:outcome-unknown'], fault);
    const row = await one(stack, 'select state from email_messages where id = $1', [id]);
    assert.equal(row.state, 'unknown', fault);
  }
});

test('mail that the key may not send is a failure of the card until the next one is sent', async () => {
  const failure = async () =>
    (
      await one(
        stack,
        `select failure_kind from service_facts where client_id = $1 and service = 'sendgrid' and stream = 'requests'`,
        [client],
      )
    ).failure_kind;
  await sendgridFault('403', { path: 'mail/send' });
  assert.equal((await ask('email', MAIL)).status, 502);
  assert.equal(await failure(), 'credentials');
  await sendgridFault('429', { path: 'mail/send' });
  assert.equal((await ask('email', MAIL)).status, 503);
  assert.equal(await failure(), 'credentials', 'a limit says nothing of the key');
  await sendgridFault(null);
  assert.equal((await ask('email', MAIL)).status, 202);
  assert.equal(await failure(), null);
});

test('what cannot be sent is refused with words, and a viewer may not send', async () => {
  const broken = await ask('email', { ...MAIL, subject: 'a\r\nBcc: x@y.example' });
  assert.deepEqual([broken.status, broken.body.type], [400, 'urn:webfluentia:invalid-request']);
  const draft = { kind: 'social_post', intent: 'Announce the new morning class.' };
  for (const [action, body] of Object.entries({ email: MAIL, insights: {}, content: draft }))
    assert.equal((await ask(action, body, { as: viewer })).status, 403, action);
});

test('insights hold to the facts, or say that they do not; and the card follows', async () => {
  const answer = await ask('insights', {});
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const stored = await stack.query(
    'select i.numbers_hold, r.state, r.model, r.cost_micros, r.facts from ai_insights i join ai_requests r on r.client_id = i.client_id and r.id = i.request_id where i.client_id = $1',
    [client],
  );
  assert.ok(stored.length > 0);
  for (const row of stored) {
    assert.deepEqual([row.numbers_hold, row.state], [true, 'succeeded'], JSON.stringify(row));
    assert.ok(Number(row.cost_micros) > 0 && row.model);
    for (const private_text of ['contact.example', 'Jo', 'pleasure', MAIL.subject])
      assert.ok(!JSON.stringify(row.facts).includes(private_text), `${private_text} is none of the facts`);
  }
  const used = await one(
    stack,
    `select last_success_at, failure_kind from service_facts where client_id = $1 and service = 'openai' and stream = 'requests'`,
    [client],
  );
  assert.ok(used.last_success_at && used.failure_kind === null);

  await openaiFault('invented_number');
  const invented = await ask('insights', {});
  assert.equal(invented.status, 200, JSON.stringify(invented.body));
  assert.ok(JSON.stringify(invented.body).includes('"numbers_hold":false'), JSON.stringify(invented.body));

  for (const fault of ['insufficient_quota', 'unsupported_country']) {
    await openaiFault(fault);
    const broke = await ask('insights', {});
    assert.deepEqual([broke.status, broke.type], [409, 'application/problem+json'], fault);
    assert.equal(broke.body.title, 'The service cannot do this as it is set up');
  }
  await openaiFault('refusal');
  const refused = await ask('insights', {});
  assert.deepEqual([refused.status, refused.type], [422, 'application/problem+json']);
  await openaiFault(null);
});

test('what OpenAI holds against one workspace is on its card alone, although all share the key', async () => {
  const others = CLIENT[NORTHWIND];
  const failure = (of) =>
    one(
      stack,
      `select failure_kind from service_facts where client_id = $1 and service = 'openai' and stream = 'requests'`,
      [of],
    );
  await openaiFault('403', { where: createHash('sha256').update(client).digest('hex') });
  assert.equal((await ask('insights', {})).status, 502);
  const spared = await ask('insights', {}, { slug: NORTHWIND });
  await openaiFault(null);
  assert.equal(spared.status, 200, JSON.stringify(spared.body));
  assert.equal((await failure(client)).failure_kind, 'credentials');
  assert.equal((await failure(others)).failure_kind, null);
  assert.equal((await ask('insights', {})).status, 200);
});

test('a draft is written from what the workspace has', async () => {
  const draft = await ask('content', { kind: 'social_post', intent: 'Announce the new morning class.' });
  assert.equal(draft.status, 200, JSON.stringify(draft.body));
  assert.equal(await count(stack, 'ai_insights', `client_id = '${client}' and kind = 'social_post'`), 1);
});
