// What a provider does on a bad day, chosen per key and service while the sandbox runs, and per workspace
// where one key serves all of them: `where` is a text that only its requests hold. A fault takes effect
// `after` so many requests and lasts for `times` of them (0: until it is changed).
import { readFixture } from './stripe_account.mjs';

const SLOW_MS = 2000;
const HUGE_BYTES = 24 * 1024 * 1024;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const reply = (status, body, headers = {}) => ({ status, body, headers });
const apiError = (type, message) => ({ error: { type, message } });

// What is refused is not done: a mail that is answered with one of these was not taken.
const REFUSALS = new Set(['401', '403', '404', '429', '429_retry_after', 'redirect', 'echo_key_401']);

// Each takes the honest answer, the scenario, the key and the provider's wording of other faults, and gives
// what is sent instead; null: nothing is sent and the connection stays open.
export const FAULTS = {
  401: () => reply(401, readFixture('errors/401_invalid_key.built.json').body),
  403: () =>
    reply(403, apiError('invalid_request_error', 'This key does not have the required permissions.')),
  404: () => reply(404, apiError('invalid_request_error', 'No such resource.')),
  429: () => readFixture('errors/429_rate_limit.built.json'),
  '429_retry_after': (honest, scenario, key, worded) => {
    const limit = worded(429)(honest, scenario, key);
    return { ...limit, headers: { ...limit.headers, 'retry-after': String(scenario.retry_after ?? 30) } };
  },
  500: () => reply(500, apiError('api_error', 'An unknown error occurred.')),
  html: () =>
    reply(200, '<!doctype html><title>Maintenance</title><h1>Back soon</h1>', {
      'content-type': 'text/html',
    }),
  empty: () => reply(200, ''),
  no_rows: (honest) => honest, // of an account that has none
  wrong_type: ({ body }) => reply(200, wrongTypes(body)),
  half_json: ({ body }) => reply(200, JSON.stringify(body).slice(0, JSON.stringify(body).length / 2)),
  invalid_utf8: () => reply(200, Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])),
  huge: () => reply(200, Buffer.alloc(HUGE_BYTES, 0x20)),
  cut: ({ body }) => ({ ...reply(200, JSON.stringify(body)), cut: true }),
  redirect: (_, { location }) => reply(302, '', { location }),
  // The worst manners: the key that was sent comes back in the reply.
  echo_key: ({ body }, _, key) => {
    const basic = Buffer.from(`${key}:`).toString('base64');
    const description = `${key} ${encodeURIComponent(key)} ${basic}`;
    const data = Array.isArray(body.data) && body.data.map((row) => ({ ...row, description }));
    return reply(200, { ...body, ...(data && { data }), key }, { 'x-key': key });
  },
  echo_key_401: (_, __, key) =>
    reply(401, apiError('invalid_request_error', `Invalid API Key provided: ${key}`)),
  hold: () => null,
  slow: async (honest, { delay_ms = SLOW_MS }) => {
    await pause(delay_ms);
    return honest;
  },
};

// A number where a string belongs, and the other way round.
function wrongTypes(body) {
  const twist = (row) => ({ ...row, id: 12345, currency: 7, created: 'yesterday', amount: 'a lot' });
  return Array.isArray(body?.data) ? { ...body, data: body.data.map(twist) } : twist(body);
}

export class Faults {
  #scenarios = new Map(); // of "service key": the narrowed ones first
  #providers;

  // providers: {[service]: {faults}}: their own wording of a fault comes before the common one.
  constructor(providers = {}) {
    this.#providers = providers;
  }

  #fault(service, name) {
    return this.#providers[service]?.faults?.[name] ?? FAULTS[name];
  }

  // `path` narrows the scenario to requests whose path holds it, `where` to those whose URL or body does. There
  // is one for each `where`; fault null ends it, and without a `where` all of the key.
  set({ key, service, fault, path = '', where = '', times = 0, after = 0, ...options }) {
    if (fault !== null && !this.#fault(service, fault)) throw new Error(`no fault named ${fault}`);
    const name = `${service} ${key}`;
    const known = this.#scenarios.get(name) ?? [];
    const others = known.filter((one) => (fault !== null || where) && one.where !== where);
    const added = fault === null ? [] : [{ fault, path, where, after, left: times || Infinity, options }];
    this.#scenarios.set(name, where ? [...added, ...others] : [...others, ...added]);
  }

  // text: the request's URL and body, readable. answer({empty}): what the provider does and says, of an account
  // with or without rows.
  async apply({ key, service, path, text }, answer) {
    const scenarios = this.#scenarios.get(`${service} ${key}`) ?? [];
    const holds = (one) => one.left > 0 && path.includes(one.path) && text.includes(one.where);
    const scenario = scenarios.find(holds);
    if (!scenario || scenario.after-- > 0) return answer({});
    scenario.left--;
    const refused = REFUSALS.has(String(scenario.fault));
    const honest = refused ? undefined : await answer({ empty: scenario.fault === 'no_rows' });
    const worded = (name) => this.#fault(service, name);
    return worded(scenario.fault)(honest, scenario.options, key, worded);
  }
}
