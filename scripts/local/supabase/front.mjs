// The HTTP front of the embedded Supabase: what a hosted project does at its edge, and what
// the embedded one would break on. The body is read whole, then answered under the lock.

const maxBodyBytes = 6 * 1024 * 1024;
const browserAgent = /^Mozilla\//i;
const allowOrigin = 'access-control-allow-origin';

/** Returns a node:http listener. `fetchApp(request, peerAddress)` gives a Response. */
export function createFront({ fetchApp, exclusive, secretKey, maxBindParameters, origin }) {
  return async (incoming, outgoing) => {
    if (isPreflight(incoming)) return send(outgoing, preflightReply(incoming));
    if (isRealtimePing(incoming)) return send(outgoing, realtimePingReply(incoming, secretKey));
    try {
      const body = await readBody(incoming);
      const refusal = body === null ? tooLarge() : refuse(incoming, body, { secretKey, maxBindParameters });
      if (refusal) return send(outgoing, refusal);
      const request = toRequest(incoming, body, origin);
      const peer = incoming.socket.remoteAddress ?? null;
      // the body belongs inside: the lock covers everything that may touch the database
      const reply = await exclusive(async () => toReply(await fetchApp(request, peer)));
      send(outgoing, reply);
    } catch (error) {
      console.error(`supabase: ${incoming.method} ${pathOf(incoming)}: ${error.message}`);
      send(outgoing, refusalReply(503, 'PGRST000', 'the database is not available'));
    }
  };
}

// Answered here as a hosted project does: the embedded sign-in API knows only some of the
// headers that the official client sends.
const isPreflight = ({ method, headers }) =>
  method === 'OPTIONS' && 'access-control-request-method' in headers;

function preflightReply({ headers }) {
  return {
    status: 204,
    headers: [
      ['access-control-allow-methods', 'GET,HEAD,PUT,PATCH,POST,DELETE'],
      ['access-control-allow-headers', headers['access-control-request-headers'] ?? '*'],
      ['access-control-max-age', '3600'],
    ],
    body: Buffer.alloc(0),
  };
}

// The embedded API has no Realtime; the one beside it (realtime.mjs) speaks sockets only.
const isRealtimePing = (incoming) =>
  incoming.method === 'GET' && pathOf(incoming) === '/realtime/v1/api/ping';

function realtimePingReply({ headers }, secretKey) {
  if (headers.apikey !== secretKey) return refusalReply(401, 'no_api_key', 'No API key found in request');
  const body = Buffer.from(JSON.stringify({ message: 'Success' }));
  return { status: 200, headers: [['content-type', 'application/json']], body };
}

async function readBody(incoming) {
  const chunks = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size <= maxBodyBytes) chunks.push(chunk);
  }
  return size > maxBodyBytes ? null : Buffer.concat(chunks);
}

function refuse(incoming, body, { secretKey, maxBindParameters }) {
  const agent = incoming.headers['user-agent'] ?? '';
  if (incoming.headers.apikey === secretKey && browserAgent.test(agent)) {
    return refusalReply(401, 'secret_key_in_browser', 'a secret key must not be used in a browser');
  }
  const needed = bindParameters(incoming, body);
  if (needed > maxBindParameters) {
    return refusalReply(
      413,
      'too_many_values',
      `${needed} values in one write, at most ${maxBindParameters}: send fewer rows at once or call a function`,
    );
  }
  return null;
}

// Rows times columns of a REST write; a function takes its argument as one value.
function bindParameters(incoming, body) {
  const isWrite = ['POST', 'PATCH', 'PUT'].includes(incoming.method);
  const path = pathOf(incoming);
  if (!isWrite || !path.startsWith('/rest/v1/') || path.startsWith('/rest/v1/rpc/')) return 0;
  try {
    const rows = JSON.parse(body.toString('utf8'));
    if (!Array.isArray(rows)) return 0;
    const columns = new Set(rows.flatMap((row) => Object.keys(row ?? {})));
    return rows.length * columns.size;
  } catch {
    return 0; // not JSON: for the API to say
  }
}

function toRequest(incoming, body, origin) {
  const headers = new Headers();
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i], incoming.rawHeaders[i + 1]);
  }
  const hasBody = body.length > 0 && !['GET', 'HEAD'].includes(incoming.method);
  return new Request(new URL(incoming.url, origin()), {
    method: incoming.method,
    headers,
    body: hasBody ? body : undefined,
  });
}

async function toReply(response) {
  return {
    status: response.status,
    headers: [...response.headers],
    body: Buffer.from(await response.arrayBuffer()),
  };
}

function refusalReply(status, code, message) {
  return {
    status,
    headers: [['content-type', 'application/json']],
    body: Buffer.from(JSON.stringify({ code, message, details: null, hint: null })),
  };
}

const tooLarge = () => refusalReply(413, 'body_too_large', `a request body is at most ${maxBodyBytes} bytes`);

function send(outgoing, { status, headers, body }) {
  if (outgoing.headersSent || outgoing.destroyed) return;
  // the body is decoded and whole by now; every origin may ask, since every answer needs a key
  const skipped = new Set(['content-length', 'transfer-encoding', 'content-encoding', allowOrigin]);
  const kept = headers.filter(([name]) => !skipped.has(name.toLowerCase()));
  outgoing.writeHead(status, [...kept, [allowOrigin, '*']].flat());
  outgoing.end(body);
}

// Never the query string in a log line: it may carry a key.
function pathOf(incoming) {
  return incoming.url.split('?', 1)[0];
}
