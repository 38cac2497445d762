// scripts/cards on a stack that has synced: what the cards show, and what they showed before a key was refused.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { NORTHWIND, fault, makeDue, one, runTool, testStack, until, untilRested } from './harness.mjs';

let stack;
before(async () => {
  stack = await testStack('cards');
  await stack.tick();
  await untilRested(stack, 90_000);
});
after(() => stack?.stop());

const run = (...args) => runTool(stack, 'cards', '--workspace', NORTHWIND, ...args);

async function cards(...args) {
  const { code, out, errors } = await run('--json', ...args);
  assert.equal(code, 0, errors);
  return JSON.parse(out);
}
const stripeOf = ({ cards: shown }) => shown.find(({ service }) => service === 'stripe');

test('the same card, before and after its key was refused', async () => {
  const before = await cards();
  assert.equal(before.name, 'Northwind Dental');
  assert.deepEqual(stripeOf(before).badge, 'active');
  const { at: good, local } = await one(
    stack,
    `select now()::text as at, to_char(now() at time zone 'Europe/Berlin', 'YYYY-MM-DD HH24:MI:SS.MS') as local`,
  );

  await fault(stack, { fault: '401' });
  await makeDue(stack, NORTHWIND, 'charges');
  await stack.tick();
  const refused = await until('a refused key', async () => {
    const card = stripeOf(await cards());
    return card.badge === 'error' && card;
  });
  assert.deepEqual(
    [refused.kind, refused.sub_state, refused.who],
    ['credentials', 'partial', 'account manager'],
  );

  for (const time of [good, local]) {
    const then = stripeOf(await cards('--at', time));
    const { badge, sub_state, words, last_sync_at } = stripeOf(before);
    assert.deepEqual(
      { badge: then.badge, sub_state: then.sub_state, words: then.words, last_sync_at: then.last_sync_at },
      { badge, sub_state, words, last_sync_at },
      time,
    );
  }
});

test('for people: a line a card, and for one card what its verdict rests on', async () => {
  const { out } = await run();
  assert.match(out, /^Northwind Dental, .+ GMT\+[12] \(Europe\/Berlin\): \d active, 1 needs attention/);
  assert.match(out, /^Error {4}Stripe .+, last sync .+\n +account manager: /m);
  assert.match(out, /^Active {3}Supabase {2,}fresh, last sync .+$/m);
  const { out: stripe } = await run('--service', 'stripe');
  assert.match(stripe, /^ {9}\S.*: .*401/m);
  assert.doesNotMatch(stripe, /Supabase|sk_test/);
});

test('what cannot be told is told in a line, and a wrong command line with how it is used', async () => {
  for (const [args, code, words] of [
    [['--at', '2020-01-01 00:00'], 1, /^what was before \S+ is not known \(90 days are kept\)\n$/],
    [['--at', '2099-01-01T00:00-05'], 1, /^2099-01-01T05:00:00Z is still to come\n$/],
    [['--service', 'sendmail'], 1, /^northwind-dental has no card of sendmail at that time\n$/],
    [['--workspace', 'nobody'], 1, /^there is no workspace nobody\n$/],
    [['--at', 'Tuesday'], 2, /^--at is no time like "2026-11-24 09:00"\nusage: cards --workspace/],
    [['--at', '2026-11-30 25:00'], 2, /^--at is no time/],
    [['--at', '2026-02-30 09:00'], 2, /^--at is no time/],
    [['--at', ''], 2, /^--at is no time/],
    [['--workspace', ''], 2, /^--workspace missing\n/],
  ]) {
    const { code: ended, out, errors } = await run(...args);
    assert.deepEqual([ended, out], [code, ''], errors);
    assert.match(errors, words);
  }
});
