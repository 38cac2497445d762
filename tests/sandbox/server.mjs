// The providers' stand-in on 127.0.0.1: /stripe/... answers as api.stripe.com would, and
// /_sandbox/... is for whoever steers it (README.md in this folder).
import { createServer } from 'node:http';
import { once } from 'node:events';

import { Faults } from './faults.mjs';
import { PROVIDERS, pathOf } from './providers.mjs';
import { shiftFor } from './stripe_account.mjs';

const REQUESTS_KEPT = 2000;

const bearerOf = ({ authorization = '' }) => authorization.replace(/^Bearer /, '');

class Sandbox {
  constructor({ accounts, shiftSecs }) {
    this.faults = new Faults(PROVIDERS);
    this.requests = [];
    this.serial = 0;
    this.shiftSecs = shiftSecs ?? shiftFor(Math.floor(Date.now() / 1000));
    this.accounts = new Map(); // of "service key"
    for (const account of accounts) this.addAccount(account);
  }

  addAccount({ key, service = 'stripe', ...options }) {
    const open = (more) => {
      const all = { ...options, ...more };
      return PROVIDERS[service].openAccount?.(all, this.shiftSecs) ?? all;
    };
    this.accounts.set(`${service} ${key}`, { account: open(), open });
  }

  async provider(service, request, url) {
    const { keyOf = bearerOf, wrongKey, answer, replyHeaders } = PROVIDERS[service];
    const path = url.pathname.slice(pathOf(service).length);
    const body = await readBody(request);
    const key = keyOf(request.headers, url.searchParams, body);
    const { account, open } = this.accounts.get(`${service} ${key}`) ?? {};
    this.#note(request, path, url);
    const asked = { method: request.method, path, headers: request.headers, query: url.searchParams, body };
    const answerAs = ({ empty }) =>
      account ? answer(empty ? open({ empty }) : account, asked) : wrongKey(key);
    const more = replyHeaders?.(this.serial);
    const reply = await this.faults.apply({ key, service, path, text: readable(url, body) }, answerAs);
    return reply && { ...reply, headers: { ...more, ...reply.headers } };
  }

  #note(request, path, url) {
    const { host, ...headers } = request.headers;
    for (const name of ['authorization', 'x-goog-api-key'])
      if (headers[name]) headers[name] = `...${headers[name].slice(-4)}`;
    const query = url.search.replace(/(?<=[?&]input_token=)[^&]+/, (token) => `...${token.slice(-4)}`);
    this.requests.push({ serial: ++this.serial, path, query, headers, at: Date.now() });
    if (this.requests.length > REQUESTS_KEPT) this.requests.shift();
  }

  // The steering calls, by path; null: there is none.
  async control(path, body, query) {
    switch (path) {
      case '/scenario':
        return this.faults.set(body) ?? {};
      case '/accounts':
        return this.addAccount(body) ?? {};
      case '/requests':
        return { requests: this.requests.filter(({ serial }) => serial > Number(query.get('since') ?? 0)) };
    }
    const { key, service = 'stripe', ...what } = body;
    const steer = PROVIDERS[service]?.steering?.[path];
    if (!steer) return null;
    const known = this.accounts.get(`${service} ${key}`);
    if (!known) throw new Error('no account has this key');
    return steer(known.account, what);
  }
}

async function readText(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
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
  const service = Object.keys(PROVIDERS).find((name) => url.pathname.startsWith(`${pathOf(name)}/`));
  if (!service) return send(response, { status: 404, body: { error: 'no such service' } });
  const reply = await sandbox.provider(service, request, url);
  if (reply) send(response, reply);
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
