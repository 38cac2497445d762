// Parts of the page's platform that need no browser: what a session ends, how long is waited, which time it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AuthRetryableFetchError } from '@supabase/auth-js';

import { Clock } from '../../web-ui/platform/clock.mjs';
import { Rest } from '../../web-ui/platform/rest.mjs';
import { Session } from '../../web-ui/platform/session.mjs';
import { Zone } from '../../web-ui/platform/zone.mjs';
import './device.mjs';

const turn = () => new Promise(setImmediate); // whatever was answered has been taken

test('a database that says nothing is not waited for without end', async (t) => {
  let signal;
  t.mock.method(globalThis, 'fetch', async (_, options) => ((signal = options.signal), Response.json([])));
  await new Rest({ config: {}, token: async () => 't' }).workspaces();
  assert.ok(signal instanceof AbortSignal);
});

test('an answer that breaks off is said in words for people', async (t) => {
  const body = () =>
    new ReadableStream({ pull: (stream) => stream.error(new DOMException('signal timed out')) });
  t.mock.method(globalThis, 'fetch', async () => new Response(body()));
  const rest = new Rest({ config: {}, token: async () => 't' });
  await assert.rejects(rest.workspaces(), { message: 'The database does not answer.' });
});

test('a sync that was refused without a word is not called begun', async (t) => {
  let reply;
  t.mock.method(globalThis, 'fetch', async () => reply);
  const rest = new Rest({ config: {}, token: async () => 't' });
  for (const [body, words] of [
    ['{"title":"Viewers may not"}', 'Viewers may not'],
    ['{"message":"no"}', 'Nothing answers. Try again in a moment.'],
    ['<html>', 'Nothing answers. Try again in a moment.'],
  ]) {
    reply = new Response(body, { status: 503 });
    assert.equal(await rest.sync('acme', 'stripe'), words);
  }
});

test('a sync that is not asked for since the device is offline, or nobody is signed in, says so', async (t) => {
  t.mock.method(globalThis, 'fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  const rest = (token) => new Rest({ config: {}, token: async () => token });
  assert.equal(await rest('t').sync('acme', 'stripe'), 'Nothing answers. Try again in a moment.');
  assert.equal(await rest(null).sync('acme', 'stripe'), 'You are signed out.');
  t.mock.property(navigator, 'onLine', false);
  assert.equal(await rest('t').sync('acme', 'stripe'), 'You are offline.');
});

test('workspaces are in the order of a list that people read', async (t) => {
  const names = ['Zebra', 'alder', 'Émile', 'Fern'];
  t.mock.method(globalThis, 'fetch', async () => Response.json(names.map((name) => ({ name }))));
  const rows = await new Rest({ config: {}, token: async () => 't' }).workspaces();
  assert.deepEqual(
    rows.map(({ name }) => name),
    ['alder', 'Émile', 'Fern', 'Zebra'],
  );
});

test('a time of another zone than the device’s says which', (t) => {
  const { TZ } = process.env;
  t.after(() => (TZ === undefined ? delete process.env.TZ : (process.env.TZ = TZ)));
  const now = Date.parse('2026-11-23T12:00:00Z');
  const zone = new Zone(() => now);
  for (const [device, text] of [
    ['America/Los_Angeles', '13:00 CET'],
    ['Europe/Paris', '13:00'],
  ]) {
    process.env.TZ = device;
    zone.set('Europe/Berlin');
    assert.equal(zone.text(now / 1000, 'brief'), text);
  }
  zone.set('Europe/Nowhere');
  assert.equal(zone.text(now / 1000, 'brief'), '12:00 UTC');
});

test('zones that differ in summer alone are told apart in summer', (t) => {
  const { TZ } = process.env;
  t.after(() => (TZ === undefined ? delete process.env.TZ : (process.env.TZ = TZ)));
  process.env.TZ = 'Africa/Lagos';
  let now = Date.parse('2026-11-23T12:00:00Z');
  const zone = new Zone(() => now);
  zone.set('Europe/Berlin');
  const text = (time) => zone.text(Date.parse(time) / 1000, 'brief');
  assert.equal(text('2026-11-23T12:00:00Z'), '13:00');
  assert.equal(text('2026-07-02T12:00:00Z'), '2 Jul, 14:00 CEST');
  now = Date.parse('2026-07-02T13:00:00Z');
  assert.equal(text('2026-07-02T12:00:00Z'), '14:00 CEST');
  assert.equal(text('2026-03-02T12:00:00Z'), '2 Mar, 13:00');
});

test('a time of another year has its year, also on the same day of it', (t) => {
  const { TZ } = process.env;
  t.after(() => (TZ === undefined ? delete process.env.TZ : (process.env.TZ = TZ)));
  process.env.TZ = 'UTC';
  const zone = new Zone(() => Date.parse('2026-11-23T12:00:00Z'));
  const text = (time) => zone.text(Date.parse(time) / 1000, 'brief');
  assert.equal(text('2026-11-23T08:41:00Z'), '08:41');
  assert.equal(text('2026-11-02T08:41:00Z'), '2 Nov, 08:41');
  assert.equal(text('2025-11-23T08:41:00Z'), '23 Nov 2025, 08:41');
});

test('who signs out here stays signed in elsewhere', async (t) => {
  const kept = new Map();
  globalThis.localStorage = {
    getItem: (k) => kept.get(k) ?? null,
    setItem: (k, v) => kept.set(k, v),
    removeItem: (k) => kept.delete(k),
  };
  const asked = [];
  const user = { id: 'u', email: 'a@b.example' };
  const token = `x.${Buffer.from(JSON.stringify({ exp: 4e9 })).toString('base64url')}.y`;
  t.mock.method(globalThis, 'fetch', async (url) => {
    asked.push(String(url));
    return String(url).includes('logout')
      ? new Response(null, { status: 204 })
      : Response.json({
          access_token: token,
          refresh_token: 'r',
          token_type: 'bearer',
          expires_in: 3600,
          expires_at: 4e9,
          user,
        });
  });
  const session = new Session({ supabase_url: 'https://abc.supabase.co', publishable_key: 'k' });
  assert.equal(await session.signIn('a@b.example', 'p'), null);
  await session.signOut();
  session.auth.stopAutoRefresh?.();
  assert.match(asked.at(-1), /logout\?scope=local$/);
});

test('a sign-out that is answered late ends no session of who came next', async (t) => {
  const kept = new Map();
  globalThis.localStorage = {
    getItem: (k) => kept.get(k) ?? null,
    setItem: (k, v) => kept.set(k, v),
    removeItem: (k) => kept.delete(k),
  };
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(AbortSignal, 'timeout', (ms) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), ms);
    return controller.signal;
  });
  let answer;
  t.mock.method(globalThis, 'fetch', (url, { signal }) => {
    if (!String(url).includes('logout'))
      return Response.json({
        access_token: 'x.y.z',
        refresh_token: 'r',
        expires_in: 3600,
        user: { id: 'u' },
      });
    return new Promise((resolve, reject) => {
      answer = () => resolve(new Response(null, { status: 204 }));
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });
  const session = new Session({ supabase_url: 'https://abc.supabase.co', publishable_key: 'k' });
  t.after(() => {
    session.auth.stopAutoRefresh?.();
    delete globalThis.localStorage;
  });
  session.watch(() => {});
  assert.equal(await session.signIn('a@b.example', 'p'), null);
  const left = session.signOut();
  await turn();
  t.mock.timers.tick(2000);
  await left;
  assert.equal(kept.size, 0);
  assert.equal(await session.signIn('c@d.example', 'p'), null);
  answer();
  await turn();
  assert.equal(kept.size, 1);
});

test('a session that could not be renewed just now is no signing out', async () => {
  const refused = async (token) =>
    new Rest({ config: {}, token }).workspaces().then(
      () => assert.fail('nothing was read'),
      (error) => error.message,
    );
  const unreachable = async () => {
    throw new Error('fetch failed');
  };
  assert.equal(await refused(unreachable), 'The database does not answer.');
  assert.equal(await refused(async () => null), 'You are signed out.');
});

test('auth that does not answer is told from nobody being signed in', async (t) => {
  const session = new Session({ supabase_url: 'https://abc.supabase.co', publishable_key: 'k' });
  t.after(() => session.auth.stopAutoRefresh?.());
  let answer;
  t.mock.method(session.auth, 'getSession', async () => answer);
  answer = { data: { session: null }, error: new AuthRetryableFetchError('fetch failed', 0) };
  await assert.rejects(session.token(), /fetch failed/);
  answer = { data: { session: null }, error: null };
  assert.equal(await session.token(), null);
});

/** A session that is stored and has run out, on an auth that never answers; what is told of whom. */
function silentSession(t, storage) {
  const user = { id: 'u' };
  const stored = JSON.stringify({ access_token: 'x.y.z', refresh_token: 'r', expires_at: 1, user });
  const kept = new Map([['webfluentia.session', stored]]);
  globalThis.localStorage = storage ?? {
    getItem: (k) => kept.get(k) ?? null,
    setItem: (k, v) => kept.set(k, v),
    removeItem: (k) => kept.delete(k),
  };
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(globalThis, 'fetch', () => new Promise(() => {}));
  const heard = {};
  t.mock.method(globalThis, 'addEventListener', (event, listener) => (heard[event] = listener));
  const session = new Session({ supabase_url: 'https://abc.supabase.co', publishable_key: 'k' });
  for (const asked of ['getSession', 'signOut', 'refreshSession'])
    t.mock.method(session.auth, asked, () => new Promise(() => {}));
  let tell;
  t.mock.method(session.auth, 'onAuthStateChange', (listener) => (tell = listener));
  const users = [];
  session.watch((who) => users.push(who?.id ?? null));
  t.mock.timers.tick(0);
  t.after(() => {
    session.auth.stopAutoRefresh?.();
    delete globalThis.localStorage;
  });
  const told = (event, given) => {
    tell(event, given);
    t.mock.timers.tick(0);
  };
  return { session, kept, users, told, hear: (event) => heard.storage(event) };
}

test('whoever has a session is signed in until it is refused', (t) => {
  const { kept, users, told } = silentSession(t);
  assert.deepEqual(users, ['u'], 'before auth answered');
  told('INITIAL_SESSION', null); // what auth-js says when it gave up
  assert.deepEqual(users, ['u']);
  kept.clear();
  told('SIGNED_OUT', null);
  assert.deepEqual(users, ['u', null]);
});

test('auth that hangs is not waited for: not for a token, and less when somebody leaves', async (t) => {
  const { session, kept, users } = silentSession(t);
  for (const asked of [() => session.token(), () => session.renew()]) {
    const answer = assert.rejects(asked(), /no answer/);
    t.mock.timers.tick(10_000);
    await answer;
  }
  const left = session.signOut();
  t.mock.timers.tick(2000);
  await left;
  assert.deepEqual([users, kept.size], [['u', null], 0]);
});

test('who signs out in another tab is signed out here, unless somebody is signed in again', (t) => {
  const { kept, users, hear } = silentSession(t);
  hear({ key: 'webfluentia.session', newValue: null }); // late: it is there again
  hear({ key: 'another', newValue: null });
  assert.deepEqual([users, kept.size], [['u'], 1]);
  kept.clear();
  for (let i = 0; i < 2; ++i) hear({ key: null, newValue: null });
  assert.deepEqual(users, ['u', null]);
});

test('where storage is refused, who signs out is signed out', async (t) => {
  const refuse = () => assert.fail('refused');
  const { session, users, told } = silentSession(t, {
    getItem: refuse,
    setItem: refuse,
    removeItem: refuse,
  });
  assert.deepEqual(users, []);
  session.storage.setItem('webfluentia.session', '{}');
  told('SIGNED_IN', { user: { id: 'u' } });
  const left = session.signOut();
  t.mock.timers.tick(2000);
  await left;
  assert.deepEqual(users, ['u', null]);
  assert.equal(session.storage.getItem('webfluentia.session'), null);
});

test('an address sets the clock on this machine alone', (t) => {
  t.mock.method(globalThis, 'setInterval', () => {});
  t.after(() => delete globalThis.location);
  const server = Date.now();
  const at = (hostname) => {
    globalThis.location = { hostname, search: '?clock=2026-01-05T00:00:00Z' };
    return new Clock(
      () => {},
      server,
      async () => server,
    ).now();
  };
  const isSet = (ms) => Math.abs(ms - Date.parse('2026-01-05T00:00:00Z')) < 1000;
  assert.deepEqual([isSet(at('127.0.0.1')), isSet(at('dashboard.example'))], [true, false]);
});

test('a device whose clock is set while the page is open is compared with the server again', async (t) => {
  globalThis.location = { search: '' };
  t.mock.method(globalThis, 'setInterval', () => {});
  const server = Date.parse('2026-11-23T12:00:00Z');
  let device = server - 3 * 3_600_000;
  t.mock.method(Date, 'now', () => device);
  t.mock.method(performance, 'now', () => 0);
  let reachable = false;
  let jumps = 0;
  const ticks = [];
  const clock = new Clock(
    (now) => ticks.push(now),
    server,
    async () => (reachable ? server : Promise.reject(new Error('offline'))),
    () => (jumps += 1),
  );
  assert.equal(clock.now(), server, 'three hours slow');
  device = server;
  clock.tick();
  await turn();
  assert.notEqual(clock.now(), server, 'nobody could be asked');
  assert.deepEqual(ticks, [clock.now()], 'by the device’s clock, once that is known');
  reachable = true;
  clock.tick();
  await turn();
  assert.equal(clock.now(), server);
  assert.equal(ticks.at(-1), server);
  const told = ticks.length;
  clock.tick();
  await turn();
  assert.equal(ticks.length, told + 1, 'and once is enough');
  assert.equal(jumps, 1);
});

test('a device both of whose clocks went on while it slept reads again before anything is judged', (t) => {
  globalThis.location = { search: '' };
  t.mock.method(globalThis, 'setInterval', () => {});
  let elapsed = 0;
  const from = Date.parse('2026-11-23T12:00:00Z');
  t.mock.method(Date, 'now', () => from + elapsed);
  t.mock.method(performance, 'now', () => elapsed);
  const told = [];
  const clock = new Clock(
    () => told.push('judge'),
    from,
    async () => from + elapsed,
    () => told.push('read'),
  );
  for (elapsed of [5000, 10_000, 10_000 + 8 * 3_600_000, 15_000 + 8 * 3_600_000]) clock.tick();
  assert.deepEqual(told, ['judge', 'judge', 'read', 'judge', 'judge']);
  globalThis.document.hidden = true;
  elapsed += 600_000;
  clock.tick(); // nobody looks, and timers rest
  globalThis.document.hidden = false;
  elapsed += 5000;
  clock.tick();
  assert.deepEqual(told.slice(5), ['judge']);
});

test('a server that does not say its time is not asked without end', async (t) => {
  globalThis.location = { search: '' };
  t.mock.method(globalThis, 'setInterval', () => {});
  let device = 0;
  t.mock.method(Date, 'now', () => device);
  t.mock.method(performance, 'now', () => 0);
  let asked = 0;
  const clock = new Clock(
    () => {},
    NaN,
    async () => ((asked += 1), NaN),
    () => {},
  );
  device = 3_600_000;
  for (let i = 0; i < 3; ++i) {
    clock.tick();
    await turn();
  }
  assert.equal(asked, 1);
});
