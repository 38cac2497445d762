// The stand-in of the model must be as strict as what it stands for, and invent nothing unless told to.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startSandbox } from '../sandbox/server.mjs';

const KEY = 'sk-proj-of-the-sandbox';
let sandbox;

before(async () => {
  sandbox = await startSandbox({ accounts: [{ key: KEY, service: 'openai' }] });
});
after(() => sandbox.close());

const item = {
  type: 'object',
  properties: { title: { type: 'string' }, body: { type: 'string' } },
  required: ['title', 'body'],
  additionalProperties: false,
};
const schema = {
  type: 'object',
  properties: { items: { type: 'array', items: item } },
  required: ['items'],
  additionalProperties: false,
};
const facts = [
  { id: 'a.clicks', label: 'Clicks', unit: 'count', value: 336, before: 280, change_percent: 20 },
];
const request = (changes = {}) => ({
  ...{ model: 'any', store: false, instructions: 'x', input: JSON.stringify({ purpose: 'insights', facts }) },
  safety_identifier: 'a'.repeat(64),
  text: { format: { type: 'json_schema', name: 'items', strict: true, schema } },
  ...changes,
});

async function ask(body = request(), key = KEY) {
  const reply = await fetch(`${sandbox.url}/openai/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: reply.status, headers: reply.headers, body: await reply.json() };
}

async function under(fault, more = {}) {
  const set = (scenario) =>
    sandbox.sandbox.control('/scenario', { key: KEY, service: 'openai', ...scenario });
  await set({ fault, ...more });
  const reply = await ask();
  await set({ fault: null });
  return reply;
}

const said = ({ body }) => JSON.parse(body.output.at(-1).content[0].text).items;

test('the answer is made of the facts, behind an item of reasoning', async () => {
  const reply = await ask();
  assert.equal(reply.status, 200);
  assert.equal(reply.headers.get('x-request-id'), 'req_sandbox');
  assert.equal(reply.body.output[0].type, 'reasoning');
  assert.deepEqual(said(reply), [
    { title: 'Clicks', body: '336 count after 280, a change of 20%.', facts: ['a.clicks'] },
  ]);
  assert.ok(reply.body.usage.input_tokens > 0);
});

test('what the provider would refuse is refused', async () => {
  const loose = { ...schema, additionalProperties: true };
  const optional = {
    ...schema,
    properties: { items: { type: 'array', items: { ...item, required: ['title'] } } },
  };
  const format = (changes) => ({ text: { format: { ...request().text.format, ...changes } } });
  for (const changes of [
    { store: undefined },
    { model: undefined },
    { input: undefined },
    { more: 1 },
    { safety_identifier: 'Northwind Dental' },
    format({ schema: loose }),
    format({ schema: optional }),
    format({ strict: false }),
    format({ name: 'not a name' }),
  ])
    assert.equal((await ask(request(changes))).status, 400, JSON.stringify(changes));
  assert.equal((await ask(request(), 'sk-proj-of-a-stranger')).status, 401);
});

test('on a bad day it invents, refuses, breaks off or asks to wait', async () => {
  assert.match(said(await under('invented_number'))[0].body, /987654/);
  assert.equal((await under('refusal')).body.output[0].content[0].type, 'refusal');
  assert.equal((await under('incomplete')).body.incomplete_details.reason, 'max_output_tokens');
  const limited = await under('429');
  assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '20']);
  assert.equal(limited.headers.get('x-ratelimit-reset-tokens'), '6m0s');
  const quota = await under('insufficient_quota');
  assert.deepEqual([quota.status, quota.body.error.code], [429, 'insufficient_quota']);
  assert.equal((await under('model_not_found')).body.error.code, 'model_not_found');
  assert.equal((await under('slow', { delay_ms: 50 })).status, 200);
});
