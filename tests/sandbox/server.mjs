// The providers' stand-in on 127.0.0.1: /stripe/... answers as api.stripe.com would, and
// /_sandbox/... is for whoever steers it (README.md in this folder).
import { createServer } from 'node:http';
import { once } from 'node:events';

import * as cloudflare from './cloudflare.mjs';
import * as google_ads from './google_ads.mjs';
import * as google_oauth from './google_oauth.mjs';
import { Faults } from './faults.mjs';
import * as meta from './meta.mjs';
import * as openai from './openai.mjs';
import * as pagespeed from './pagespeed.mjs';
import * as search_console from './search_console.mjs';
import * as sendgrid from './sendgrid.mjs';
import { StripeAccount, shiftFor } from './stripe_account.mjs';
import { answer, wrongKey } from './stripe_api.mjs';
import { deliver } from './stripe_webhook.mjs';

const REQUESTS_KEPT = 2000;

// Each has `prefix`, `keyOf(headers, query, body)`, `wrongKey()`, `answer(account, request)` and its own
// wording of `faults`; one that delivers has `deliver(account, what)`. Stripe, which also delivers events, is served by the class below.
const PROVIDERS = {
  cloudflare,
  google_ads,
  google_oauth,
  meta,
  openai,
  pagespeed,
  search_console,
  sendgrid,
};

class Sandbox {
  constructor({ accounts, shiftSecs }) {
    this.faults = new Faults(PROVIDERS);
    this.requests = [];
    this.serial = 0;
    this.shiftSecs = shiftSecs ?? shiftFor(Math.floor(Date.now() / 1000));
    this.accounts = new Map();
    this.others = new Map(Object.keys(PROVIDERS).map((service) => [service, new Map()]));
    for (const account of accounts) this.addAccount(account);
  }

  addAccount({ key, service = 'stripe', ...options }) {
    if (service !== 'stripe') return void this.others.get(service).set(key, options);
    this.accounts.set(key, new StripeAccount({ shiftSecs: this.shiftSecs, ...options }));
  }

  account(key) {
    const account = this.accounts.get(key);
    if (!account) throw new Error('no account has this key');
    return account;
  }

  async stripe(request, url) {
    const key = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const path = url.pathname.slice('/stripe'.length);
    const account = this.accounts.get(key);
    this.#note(request, path, url);
    const bare = () => new StripeAccount({ shiftSecs: this.shiftSecs, empty: true });
    const answerAs = ({ empty }) =>
      account ? answer(empty ? bare() : account, path, url.searchParams) : wrongKey(key);
    return this.faults.apply({ key, service: 'stripe', path, text: readable(url) }, answerAs);
  }

  async provider(service, request, url) {
    const { prefix, keyOf, wrongKey, answer } = PROVIDERS[service];
    const path = url.pathname.slice(prefix.length);
    const body = await readBody(request);
    const key = keyOf(request.headers, url.searchParams, body);
    const account = this.others.get(service).get(key);
    this.#note(request, path, url);
    const asked = { method: request.method, path, headers: request.headers, query: url.searchParams, body };
    const answerAs = ({ empty }) =>
      account ? answer(empty ? { ...account, empty } : account, asked) : wrongKey(key);
    return this.faults.apply({ key, service, path, text: readable(url, body) }, answerAs);
  }

  #note(request, path, url) {
    const { host, ...headers } = request.headers;
    for (const name of ['authorization', 'x-goog-api-key'])
      if (headers[name]) headers[name] = `...${headers[name].slice(-4)}`;
    const query = url.search.replace(/(?<=[?&]input_token=)[^&]+/, (token) => `...${token.slice(-4)}`);
    this.requests.push({ serial: ++this.serial, path, query, headers, at: Date.now() });
    if (this.requests.length > REQUESTS_KEPT) this.requests.shift();
  }

  // The steering calls, by path.
  async control(path, body, query) {
    switch (path) {
      case '/scenario':
        return this.faults.set(body) ?? {};
      case '/accounts':
        return this.addAccount(body) ?? {};
      case '/requests':
        return { requests: this.requests.filter(({ serial }) => serial > Number(query.get('since') ?? 0)) };
      case '/objects':
        return { objects: this.account(body.key).lists[body.list] };
      case '/put':
        return this.account(body.key).put(body.object) ?? {};
      case '/deliver':
        return PROVIDERS[body.service].deliver(this.others.get(body.service).get(body.key), body);
      case '/event':
        return this.event(body);
      default:
        return null;
    }
  }

  // Something happens at the provider; with a `url` the event is also delivered there, signed.
  async event({ key, url, secret, copies = 1, ...change }) {
    const event = this.account(key).happen(change);
    if (!url) return { event };
    return { event, statuses: await deliver({ url, secret, event, copies }) };
  }
}

async function readText(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

async function readJson(request) {
  const text = await readText(request);
  return text ? JSON.parse(text) : {};
}

// JSON as what it says, anything else (a form) as text.
async function readBody(request) {
  const text = await readText(request);
  const isJson = /^application\/json/.test(request.headers['content-type'] ?? '');
  return isJson && text ? JSON.parse(text) : text;
}

// What a scenario's `where` is looked for in. A body in JSON is written anew and without backslashes: one
// text has one spelling, however deep it is.
function readable(url, body = '') {
  const encoded = `${url.pathname}${url.search}\n${typeof body === 'string' ? body : ''}`;
  const decoded = encoded.replace(/(%[0-9a-f]{2})+/gi, (bytes) =>
    Buffer.from(bytes.replaceAll('%', ''), 'hex').toString(),
  );
  return typeof body === 'string' ? decoded : decoded + JSON.stringify(body).replaceAll('\\', '');
}

function send(response, { status, body, headers = {}, cut = false }) {
  const bytes =
    typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json',
    ...headers,
    'content-length': bytes.length,
  });
  if (!cut) return response.end(bytes);
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

async function serve(sandbox, request, response) {
  const url = new URL(request.url, 'http://sandbox');
  if (url.pathname.startsWith('/_sandbox/')) {
    const body = request.method === 'POST' ? await readJson(request) : {};
    const result = await sandbox.control(url.pathname.slice('/_sandbox'.length), body, url.searchParams);
    return send(
      response,
      result ? { status: 200, body: result } : { status: 404, body: { error: 'no such call' } },
    );
  }
  const service = Object.keys(PROVIDERS).find((name) =>
    url.pathname.startsWith(`${PROVIDERS[name].prefix}/`),
  );
  if (service) {
    const reply = await sandbox.provider(service, request, url);
    return reply === null ? undefined : send(response, reply);
  }
  if (!url.pathname.startsWith('/stripe/'))
    return send(response, { status: 404, body: { error: 'no such service' } });
  const reply = await sandbox.stripe(request, url);
  if (reply === null) return;
  const headers = { 'request-id': `req_sandbox${sandbox.serial}`, 'stripe-version': '2026-07-29.dahlia' };
  send(response, { ...reply, headers: { ...headers, ...reply.headers } });
}

// accounts: [{key, service?: 'stripe', empty?, ...}]; shiftSecs fixes the fixtures' place in time.
export async function startSandbox({ port = 0, accounts = [], shiftSecs } = {}) {
  const sandbox = new Sandbox({ accounts, shiftSecs });
  const server = createServer((request, response) => {
    serve(sandbox, request, response).catch((error) =>
      send(response, { status: 400, body: { error: error.message } }),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${server.address().port}`, shiftSecs: sandbox.shiftSecs, sandbox, close };
}
