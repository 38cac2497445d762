// The local Realtime endpoint: private channels, authorised by the policies on
// realtime.messages exactly as hosted Supabase asks them, and broadcast from the database.
// Not here, because the product does not use them: presence, postgres_changes, client
// broadcasts and replay.

import { WebSocketServer } from 'ws';

import { TokenError, readAccessToken } from './access_token.mjs';
import { decodeFrame, encodeBroadcast, encodeFrame } from './realtime_frames.mjs';

const socketPath = '/realtime/v1/websocket';
const maxFrameBytes = 256 * 1024;
const requestRoles = ['anon', 'authenticated', 'service_role'];

/** Answers upgrades of `server`. Returns {close()}. */
export async function attachRealtime(server, database, keys) {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes });
  const channels = new Set();

  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url, 'http://localhost');
    const refusal = refuseUpgrade(url, request, keys);
    if (refusal) return refuseSocket(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const version = url.searchParams.get('vsn')?.startsWith('2') ? 2 : 1;
      const apikey = url.searchParams.get('apikey') ?? request.headers.apikey;
      serveSocket({ ws, version, apikey, channels, database, keys });
    });
  });

  const deliver = async (text) => {
    const message = await wholeMessage(database, JSON.parse(text));
    if (message) for (const channel of channels) channel.offer(message);
  };
  const unlisten = await database.listen(
    'realtime_messages',
    (text) => deliver(text).catch((error) => console.error(`realtime: ${error.message}`)),
    // what was said while the connection was lost is unknown: clients join and read again
    () => channels.forEach((channel) => channel.fail()),
  );
  return {
    async close() {
      await unlisten();
      for (const ws of sockets.clients) ws.close(1001, 'the server is stopping');
      sockets.close();
      // a client that does not answer must not hold the stop up
      setTimeout(() => sockets.clients.forEach((ws) => ws.terminate()), 500).unref();
    },
  };
}

function refuseUpgrade(url, request, keys) {
  if (url.pathname !== socketPath) return '404 Not Found';
  const apikey = url.searchParams.get('apikey') ?? request.headers.apikey;
  if (apikey !== keys.publishable && apikey !== keys.secret) return '401 Unauthorized';
  return null;
}

function refuseSocket(socket, status) {
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

// A message too large for NOTIFY comes as its id.
async function wholeMessage(database, message) {
  if (message.topic !== undefined) return message;
  const rows = await database.query(
    'select id, topic, event, payload, private from realtime.messages where id = $1',
    [message.id],
  );
  return rows[0];
}

function serveSocket({ ws, version, apikey, channels, database, keys }) {
  const joined = new Map(); // topic as the client says it -> Channel
  const send = (frame) => ws.readyState === ws.OPEN && ws.send(frame);
  const push = (frame) => send(encodeFrame(version, frame));
  const reply = (frame, status, response = {}) =>
    push({ ...frame, event: 'phx_reply', payload: { status, response } });

  const leave = (topic) => {
    const channel = joined.get(topic);
    if (!channel) return;
    joined.delete(topic);
    channels.delete(channel);
    channel.stop();
  };

  const join = async (frame) => {
    leave(frame.topic);
    const channel = new Channel({ frame, version, apikey, send, push, leave, database, keys });
    joined.set(frame.topic, channel);
    const refusal = await channel.admit(frame.payload.access_token);
    if (joined.get(frame.topic) !== channel) return;
    if (refusal) {
      leave(frame.topic);
      reply(frame, 'error', { reason: refusal });
      return;
    }
    channels.add(channel);
    reply(frame, 'ok', { postgres_changes: [] });
  };

  const handlers = {
    heartbeat: (frame) => reply(frame, 'ok'),
    phx_join: (frame) => join(frame),
    access_token: (frame) => joined.get(frame.topic)?.renew(frame.payload.access_token),
    phx_leave: (frame) => {
      leave(frame.topic);
      reply(frame, 'ok');
      push({ ...frame, event: 'phx_close', payload: {} });
    },
  };

  ws.on('message', (data, isBinary) => {
    const frame = decodeFrame(version, data, isBinary);
    const handler = frame && Object.hasOwn(handlers, frame.event) ? handlers[frame.event] : null;
    Promise.resolve(handler?.(frame)).catch((error) => {
      console.error(`realtime: ${frame.event}: ${error.message}`);
      if (frame.event === 'phx_join') reply(frame, 'error', { reason: unavailable });
    });
  });
  ws.on('error', () => {});
  ws.on('close', () => [...joined.keys()].forEach(leave));
}

const unavailable = 'UnableToConnectToProject: Realtime was unable to connect to the project database';

class Channel {
  constructor({ frame, version, apikey, send, push, leave, database, keys }) {
    Object.assign(this, { version, apikey, send, push, leave, database, keys });
    this.clientTopic = frame.topic;
    this.joinRef = frame.joinRef ?? frame.ref;
    this.topic = frame.topic.replace(/^realtime:/, '');
    this.isPrivate = frame.payload?.config?.private === true;
    this.expiry = undefined;
  }

  /** Null when the token may listen here, else the reason to send. */
  async admit(token) {
    try {
      const claims = this.#claims(token);
      if (this.isPrivate && !(await mayListen(this.database, this.topic, claims))) {
        return `Unauthorized: You do not have permissions to read from this Channel topic: ${this.topic}`;
      }
      this.#closeAt(claims.exp);
      return null;
    } catch (error) {
      if (error instanceof TokenError) return error.message;
      throw error;
    }
  }

  // Keys are not tokens: a channel joined with one alone listens as anon.
  #claims(token) {
    if (token && !/^sb_/.test(token)) return readAccessToken(token, this.keys.jwtSecret);
    return { role: this.apikey === this.keys.secret ? 'service_role' : 'anon' };
  }

  async renew(token) {
    if (!token || /^sb_/.test(token)) return;
    const refusal = await this.admit(token).catch(() => unavailable);
    if (refusal) this.#end(refusal);
  }

  offer({ id, topic, event, payload, private: isPrivate }) {
    if (topic !== this.topic || isPrivate !== this.isPrivate) return;
    this.send(encodeBroadcast(this.version, this.clientTopic, { id, event, payload }));
  }

  /** Tells the client to join again. */
  fail() {
    this.#push('phx_error', {});
    this.leave(this.clientTopic);
  }

  stop() {
    clearTimeout(this.expiry);
  }

  #closeAt(expSecs) {
    clearTimeout(this.expiry);
    if (expSecs === undefined) return;
    const wait = Math.min(expSecs * 1000 - Date.now(), 2 ** 31 - 1);
    this.expiry = setTimeout(() => this.#end('InvalidJWTExpiration: Token has expired'), wait);
  }

  #end(message) {
    this.#push('system', { extension: 'system', status: 'error', message, channel: this.topic });
    this.#push('phx_close', {});
    this.leave(this.clientTopic);
  }

  #push(event, payload) {
    const ref = event === 'phx_close' || event === 'phx_error' ? this.joinRef : null;
    this.push({ joinRef: this.joinRef, ref, topic: this.clientTopic, event, payload });
  }
}

// As hosted Realtime asks: a probe message on the topic, read back as the user, and
// everything undone.
async function mayListen(database, topic, claims) {
  if (!requestRoles.includes(claims.role)) return false;
  const undo = new Error('rolled back on purpose');
  let allowed = false;
  try {
    await database.transaction(async (query) => {
      const [{ id }] = await query(
        `insert into realtime.messages (topic, extension) values ($1, 'broadcast') returning id`,
        [topic],
      );
      await query(
        `select set_config('realtime.topic', $1, true), set_config('request.jwt.claims', $2, true),
           set_config('request.jwt.claim.sub', $3, true), set_config('role', $4, true)`,
        [topic, JSON.stringify(claims), claims.sub ?? '', claims.role],
      );
      allowed = (await query('select 1 from realtime.messages where id = $1', [id])).length === 1;
      throw undo;
    });
  } catch (error) {
    if (error !== undo) throw error;
  }
  return allowed;
}
