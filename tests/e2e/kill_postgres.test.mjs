// The same on a real Postgres server: killed between two pages, started again, the same rows.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';

import {
  NORTHWIND,
  fault,
  letTimePass,
  one,
  steer,
  testStack,
  until,
  untilRested,
  webhookUrl,
} from './harness.mjs';
import { signed } from '../sandbox/stripe_webhook.mjs';
import { readFixture } from '../sandbox/stripe_account.mjs';
import { LISTS, assertRowsOf } from './stripe_rows.mjs';

const skip = !existsSync('/usr/lib/postgresql');
let stack;
before(async () => {
  if (!skip) stack = await testStack('kill_postgres', { postgres: true });
});
after(() => stack?.stop());

const databaseAnswers = () =>
  until('the database answers', async () => (await one(stack, 'select 1 as one')).one === 1);

test('the server killed between two pages of a first sync', { skip }, async () => {
  await fault(stack, { fault: 'slow', delay_ms: 400, path: '/v1/charges', after: 1 });
  await stack.tick();
  await until('the second page asked for', async () => {
    const { requests } = await steer(stack, '/requests');
    return requests.filter(({ path }) => path === '/v1/charges').length >= 2;
  });
  await stack.postgres.child.kill();
  await stack.startPostgres();
  await databaseAnswers();
  await fault(stack, { fault: null });
  await letTimePass(stack);
  await stack.tick();
  await untilRested(stack);
  for (const list of LISTS) await assertRowsOf(stack, list);
});

test(
  'while the server is away a delivery is refused; afterwards it is taken and applied',
  { skip },
  async () => {
    const event = { ...readFixture('events/charge_succeeded.json'), created: Math.floor(Date.now() / 1000) };
    const payload = JSON.stringify(event);
    const secret = stack.state.webhook_secrets[NORTHWIND];
    const send = () =>
      fetch(webhookUrl(stack), { method: 'POST', headers: signed({ payload, secret }), body: payload });
    await stack.postgres.child.kill();
    const refused = await send();
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    await stack.startPostgres();
    await databaseAnswers();
    await until('the delivery accepted', async () => (await send()).status === 200);
    await until('the row', () =>
      one(stack, 'select 1 as found from stripe_charges where id = $1', [event.data.object.id]),
    );
  },
);
