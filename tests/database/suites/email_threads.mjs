// Threads: who wrote last, and what an answer must know. Part of email.mjs.
import assert from 'node:assert/strict';

import { call, northwind } from '../stack.mjs';

const service = 'sendgrid';

export async function threadTests({ test, stack, deliver, message, at }) {
  const thread = (id, more = {}) => ({
    ...{ id, contact_email: 'a@b.example', state: 'open', started_at: at(0), last_message_at: at(0) },
    ...{ last_direction: 'sent', source_at: at(0) },
    ...more,
  });
  const state = async () =>
    (
      await stack.query(
        `select state, last_direction, last_message_at from public.email_threads where id = 't1'`,
      )
    )[0];
  const reply = (id, minute, more = {}) =>
    message(id, {
      direction: 'received',
      state: 'received',
      sent_at: at(minute),
      source_at: at(minute),
      ...more,
    });

  await test('a reply moves its thread on and opens it again; an automatic one does not', async () => {
    await deliver('email_threads', [thread('t1', { state: 'closed' })]);
    await deliver('email_messages', [reply('auto', 1, { is_auto_reply: true })]);
    const noted = await state();
    assert.deepEqual([noted.state, noted.last_direction], ['closed', 'sent']);
    assert.equal(new Date(noted.last_message_at).toISOString(), '2026-11-23T12:01:00.000Z');
    await deliver('email_messages', [reply('r1', 5)]);
    await deliver('email_messages', [reply('late', 3)]);
    const { state: word, last_direction, last_message_at } = await state();
    assert.deepEqual([word, last_direction], ['open', 'received']);
    assert.equal(new Date(last_message_at).toISOString(), '2026-11-23T12:05:00.000Z');
  });

  await test('an answer moves its thread when it has left, and not when it was refused', async () => {
    await deliver('email_threads', [thread('t1', { state: 'closed' })]);
    await deliver('email_messages', [reply('r1', 1), message('s1', { sent_at: at(5), source_at: at(5) })]);
    assert.equal((await state()).last_direction, 'received', 'it is queued');
    const told = (id, word, minute) =>
      deliver('email_messages', [message(id, { state: word, sent_at: at(5), source_at: at(minute) })]);
    await told('s1', 'failed', 6);
    assert.equal((await state()).last_direction, 'received', 'it was refused');
    await deliver('email_messages', [message('s2', { sent_at: at(5), source_at: at(5) })]);
    await told('s2', 'sent', 6);
    const { last_direction, last_message_at } = await state();
    assert.equal(last_direction, 'sent');
    assert.equal(new Date(last_message_at).toISOString(), '2026-11-23T12:05:00.000Z');
    await deliver('email_messages', [reply('r2', 2)]);
    const after = await state();
    assert.equal(after.last_direction, 'received', 'whatever its date says');
    assert.equal(new Date(after.last_message_at).toISOString(), '2026-11-23T12:05:00.000Z');
    await told('s2', 'delivered', 9);
    assert.equal((await state()).last_direction, 'received', 'that it arrived is no new mail');
  });

  await test('read again, the mail that began a thread moves neither the thread back nor itself out of it', async () => {
    const began = [thread('t1', { last_direction: 'received' })];
    // A neighbour's mail of that id is none of this workspace's.
    await stack.query(
      `insert into public.email_messages (client_id, id, thread_id, direction, state, sent_at, source_at,
         from_email, to_emails)
       values ('22222222-2222-4222-8222-222222222222', 't1', 'x', 'received', 'received', now(), now(),
         'a@b.example', '["c@d.example"]')`,
    );
    await deliver('email_threads', began);
    await deliver('email_messages', [reply('r1', 0)]);
    await deliver('email_messages', [message('s1', { state: 'sent', sent_at: at(5), source_at: at(5) })]);
    const before = await state();
    assert.equal(before.last_direction, 'sent');
    const tables = [
      { table: 'email_threads', rows: [...began, thread('r1', { last_direction: 'received' })] },
      { table: 'email_messages', rows: [reply('r1', 0, { thread_id: 'r1', subject: 'read better' })] },
    ];
    await call(stack, 'apply_replay', { client_id: northwind, service, tables });
    assert.deepEqual(await state(), before);
    const threads = await stack.query('select id from public.email_threads');
    assert.deepEqual(threads, [{ id: 't1' }], 'and begins none without mails');
    const [mail] = await stack.query(`select thread_id, subject from public.email_messages where id = 'r1'`);
    assert.deepEqual(mail, { thread_id: 't1', subject: 'read better' });
  });

  await test('what an answer must know: the thread and its last mails', async () => {
    await deliver('email_threads', [thread('t1', { subject: 'Hi' })]);
    await deliver('email_messages', [
      reply('r1', 1, { smtp_id: '<1@x>' }),
      reply('r2', 2, { smtp_id: '<2@x>' }),
      reply('elsewhere', 3, { smtp_id: '<3@x>', thread_id: 't2' }),
    ]);
    const context = (input) => call(stack, 'email_context', { client_id: northwind, input });
    assert.deepEqual(await context({ thread_id: 't1' }), {
      receives: true,
      thread: { id: 't1', subject: 'Hi', contact_email: 'a@b.example' },
      smtp_ids: ['<1@x>', '<2@x>'],
    });
    assert.deepEqual(await context({}), { receives: true, thread: null, smtp_ids: [] });
    await stack.query(
      `insert into public.service_facts (client_id, service, stream, present_keys)
       values ($1, $2, '', '{sendgrid.api_key}')`,
      [northwind, service],
    );
    assert.equal((await context({})).receives, false);
    const other = { client_id: '22222222-2222-4222-8222-222222222222', input: { thread_id: 't1' } };
    assert.deepEqual(await call(stack, 'email_context', other), {
      receives: true,
      thread: null,
      smtp_ids: [],
    });
  });
}
