// The Responses API as far as it is used: text that fits the JSON schema asked for, made of nothing but the
// facts in the request. https://platform.openai.com/docs/api-reference/responses
import { fixturesOf } from '../fixtures.mjs';

const readFixture = fixturesOf('openai');
const recorded = (name) => {
  const { status, headers, body } = readFixture(name);
  return { status, headers, body };
};

const MEMBERS = [
  'model',
  'store',
  'safety_identifier',
  'input',
  'instructions',
  'text',
  'max_output_tokens',
  'reasoning',
];

const apiError = (status, message, code = null, type = 'invalid_request_error', param = null) => ({
  status,
  body: { error: { message, type, param, code } },
});
const invalid = (message, code, param) => apiError(400, message, code, 'invalid_request_error', param);
const modelNotFound = () => apiError(404, 'The model does not exist.', 'model_not_found');

export const origins = ['https://api.openai.com'];
export const accountsOf = (bundle, vars) => [{ key: vars.OPENAI_API_KEY }];
export const wrongKey = () => recorded('error_401.built.json');

// Strict mode: each object lists all its members and allows no other.
function strictProblem(schema) {
  if (schema?.type === 'array') return strictProblem(schema.items);
  if (schema?.type !== 'object') return null;
  const names = Object.keys(schema.properties ?? {});
  if (schema.additionalProperties !== false) return 'additionalProperties must be false';
  if (names.some((name) => !schema.required?.includes(name))) return 'required must name every property';
  return names.map((name) => strictProblem(schema.properties[name])).find(Boolean) ?? null;
}

function problemOf(body) {
  if (typeof body !== 'object') return invalid('We could not parse the JSON body of your request.');
  const unknown = Object.keys(body).find((name) => !MEMBERS.includes(name));
  if (unknown) return invalid(`Unknown parameter: '${unknown}'.`, 'unknown_parameter', unknown);
  if (!body.model || typeof body.input !== 'string') return invalid('Missing required parameter.');
  // The workspace's, so that a scenario's `where` can name it.
  if (!/^[0-9a-f]{64}$/.test(body.safety_identifier))
    return invalid('The sandbox wants a hash of whose request it is.', 'invalid_value', 'safety_identifier');
  if (body.max_output_tokens !== undefined && !(body.max_output_tokens >= 16))
    return invalid(
      "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.",
      'integer_below_min_value',
      'max_output_tokens',
    );
  if (body.store !== false) return invalid('The sandbox keeps nothing: store must be false.');
  const { type, strict, name, schema } = body.text?.format ?? {};
  const known = type === 'json_schema' && strict === true && /^[A-Za-z0-9_-]{1,64}$/.test(name ?? '');
  const problem = known && schema?.type === 'object' ? strictProblem(schema) : 'not a strict object schema';
  return problem && invalid(`Invalid schema for response_format: ${problem}`, 'invalid_json_schema');
}

const sentence = ({ value, unit, before, usual, change_percent }) =>
  [
    `${value} ${unit}`,
    before === undefined && usual === undefined ? '' : ` after ${before ?? usual}`,
    change_percent === undefined ? '.' : `, a change of ${change_percent}%.`,
  ].join('');

// One item for each of the first facts, else a draft that quotes the wish.
function itemsFor({ facts = [], intent = '', page = '', purpose, queries = [] }) {
  if (purpose === 'content')
    return [
      {
        title: `About ${page || 'your visit'}`,
        body: intent,
        facts: queries.slice(0, 1).map(({ id }) => id),
      },
    ];
  const shown = facts.slice(0, purpose === 'explanation' ? 1 : 3);
  return shown.map((fact) => ({ title: fact.label, body: sentence(fact), facts: [fact.id] }));
}

function responseTo(body, items, changes = {}) {
  const text = JSON.stringify({ items });
  const response = readFixture('response_json_schema.built.json');
  const [message] = response.output;
  message.content[0].text = text;
  const input_tokens = Math.ceil((body.instructions.length + body.input.length) / 4);
  const output_tokens = Math.ceil(text.length / 4);
  return {
    ...response,
    created_at: Math.floor(Date.now() / 1000),
    model: body.model,
    output: [{ type: 'reasoning', id: 'rs_sandbox', summary: [] }, message],
    text: body.text,
    usage: { ...response.usage, input_tokens, output_tokens, total_tokens: input_tokens + output_tokens },
    ...changes,
  };
}

const limitHeaders = {
  'x-request-id': 'req_sandbox',
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '500',
  'x-ratelimit-remaining-requests': '499',
  'x-ratelimit-reset-requests': '120ms',
};

// account: {models?: the names that this key may use; none: any, empty?: the model writes nothing}
export function answer(account, { method, path, body }) {
  if (path !== '/v1/responses' || method !== 'POST') return apiError(404, `Invalid URL (${method} ${path})`);
  const problem = problemOf(body);
  if (problem) return problem;
  if (account.models && !account.models.includes(body.model)) return modelNotFound();
  const items = account.empty ? [] : itemsFor(JSON.parse(body.input));
  return { status: 200, headers: limitHeaders, body: responseTo(body, items) };
}

// The honest answer with other items.
function withItems({ status, headers, body }, change) {
  const twisted = structuredClone(body);
  const [part] = twisted.output.at(-1).content;
  part.text = JSON.stringify({ items: JSON.parse(part.text).items.map(change) });
  return { status, headers, body: twisted };
}

const success = (fixture) => ({ status: 200, headers: limitHeaders, body: readFixture(fixture) });

// How this provider words the faults of faults.mjs, and what a model does by itself.
export const faults = {
  401: wrongKey,
  // https://platform.openai.com/docs/guides/error-codes
  403: () => apiError(403, 'You have insufficient permissions for this operation.'),
  unsupported_country: () =>
    apiError(403, 'Country, region, or territory not supported', 'unsupported_country_region_territory'),
  404: modelNotFound,
  429: () => recorded('error_429_rate_limit.built.json'),
  500: () => apiError(500, 'The server had an error.', null, 'server_error'),
  insufficient_quota: () => recorded('error_429_insufficient_quota.built.json'),
  model_not_found: modelNotFound,
  invented_number: (honest) =>
    withItems(honest, (item) => ({ ...item, body: `${item.body} 987654 of them were new.` })),
  refusal: () => success('response_refusal.built.json'),
  incomplete: () => success('response_incomplete_truncated_json.built.json'),
  wrong_type: ({ body, ...honest }) => ({ ...honest, body: { ...body, output: 'some text' } }),
};
