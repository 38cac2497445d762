// The feed: what it asks for, and what it takes of the answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Feed } from '../../web-ui/platform/feed.mjs';
import './device.mjs';

const turn = () => new Promise(setImmediate); // whatever was answered has been taken
const row = (service, updated_at) => ({ service, stream: '', partition: '', updated_at });

// A feed on a database that a test plays: `asked` holds the questions until they are answered.
function feedOf(clientId = 'a', more = {}) {
  const asked = [];
  const posted = [];
  const seen = [];
  let listener;
  const rest = {
    facts: (id, since) => new Promise((answer) => asked.push({ id, since, answer })),
    activity: async () => [],
    series: async () => ({ series: [] }),
    ...more,
  };
  const live = { listen: (_, on) => ((listener = on), () => {}) };
  const feed = new Feed({
    rest,
    live,
    clientId,
    post: (kind, value) => posted.push([kind, value]),
    onWorkspaceChange: () => seen.push('workspace'),
  });
  return {
    feed,
    asked,
    posted,
    seen,
    hear: (payload) => listener.onChange(payload),
    connect: (isLive) => listener.onState(isLive),
    services: () =>
      posted
        .filter(([kind]) => kind === 'services')
        .at(-1)?.[1]
        .map(({ service }) => service),
  };
}

test('a change is asked for with an overlap: a later stamp may be seen first', async (t) => {
  const { feed, asked, hear } = feedOf();
  t.after(() => feed.close());
  feed.start();
  asked[0].answer([row('stripe', '2026-11-23T10:00:30Z')]);
  await turn();
  hear({ table: 'service_facts', service: 'stripe' });
  assert.ok(Date.parse(asked[1].since) <= Date.parse('2026-11-23T10:00:00Z'), asked[1].since);
});

test('what was removed is gone without a new connection', async (t) => {
  const { feed, asked, hear, services } = feedOf();
  t.after(() => feed.close());
  feed.start();
  asked[0].answer([row('stripe', '2026-11-23T10:00:00Z'), row('meta', '2026-11-23T10:00:00Z')]);
  await turn();
  hear({ table: 'service_facts', service: 'meta', removed: true });
  assert.equal(asked[1].since, undefined);
  asked[1].answer([row('stripe', '2026-11-23T10:00:00Z')]);
  await turn();
  assert.deepEqual(services(), ['stripe']);
});

test('a page that is looked at again after a while reads everything', async (t) => {
  const { feed, asked } = feedOf();
  t.after(() => feed.close());
  let now = 0;
  t.mock.method(Date, 'now', () => now);
  const lookAway = (ms) => {
    for (const hidden of [true, false]) {
      document.hidden = hidden;
      document.dispatchEvent(new Event('visibilitychange'));
      now += ms;
    }
  };
  feed.start();
  asked[0].answer([row('stripe', '2026-11-23T10:00:00Z')]);
  await turn();
  lookAway(30_000);
  assert.equal(asked.length, 1);
  lookAway(90_000);
  assert.deepEqual([asked.length, asked[1].since], [2, undefined]);
});

test('a page that nobody looks at reads nothing, and everything once somebody does', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  let charts = 0;
  const activity = async () => {
    charts += 1;
    throw new Error('the database was too slow');
  };
  const { feed, asked, seen, hear } = feedOf('a', { activity });
  t.after(() => {
    feed.close();
    document.hidden = false;
  });
  const someMinutes = () => {
    for (const from = now; now - from < 400_000; now += 20_000) t.mock.timers.tick(20_000);
  };
  const look = (hidden) => {
    document.hidden = hidden;
    document.dispatchEvent(new Event('visibilitychange'));
  };
  document.hidden = true;
  feed.start();
  assert.equal(asked.length, 1, 'a tab that was opened behind this one has its cards');
  asked[0].answer([row('stripe', '2026-11-23T10:00:00Z')]);
  await turn();
  hear({ table: 'service_facts', service: 'stripe' });
  hear({ table: 'service_facts', service: 'stripe', removed: true });
  feed.readAll();
  someMinutes();
  assert.deepEqual([asked.length, charts, seen], [1, 1, []]);
  look(false);
  assert.deepEqual([asked.length, asked[1].since], [2, undefined]);
  asked[1].answer([row('stripe', '2026-11-23T11:00:00Z')]);
  await turn();
  look(true);
  look(false);
  assert.equal(asked.length, 2, 'nothing was told meanwhile');
});

test('what is looked at again is behind until it was read, or could not be', async (t) => {
  for (const works of [true, false]) {
    let fail;
    const facts = () => new Promise((answer, reject) => ((fail = reject), asked.push({ answer })));
    const asked = [];
    const { feed, posted, seen } = feedOf('a', { facts });
    let now = 0;
    const clock = t.mock.method(Date, 'now', () => now);
    const look = (hidden) => {
      document.hidden = hidden;
      document.dispatchEvent(new Event('visibilitychange'));
    };
    feed.start();
    asked[0].answer([row('stripe', '2026-11-23T10:00:00Z')]);
    await turn();
    look(true);
    now = 90_000;
    document.hidden = false;
    assert.equal(feed.isBehind, true, 'before it has heard that it is seen');
    posted.length = 0;
    look(false);
    assert.equal(feed.isBehind, true);
    assert.deepEqual(posted.at(-1), ['link', { state: 'connecting' }]);
    assert.deepEqual(seen, ['workspace'], 'which may have another name');
    if (works) asked[1].answer([row('stripe', '2026-11-23T11:00:00Z')]);
    else fail(new Error('offline'));
    await turn();
    assert.equal(feed.isBehind, false);
    assert.equal(posted.filter(([kind]) => kind === 'services').length, works ? 1 : 0);
    feed.close();
    clock.mock.restore();
  }
});

test('the workspace is read again every five minutes, whether or not changes are told', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  for (const isLive of [false, true]) {
    const { feed, seen, connect } = feedOf();
    if (isLive) connect(true);
    seen.length = 0;
    for (let i = 0; i < 21; i++) {
      now += 15_000;
      t.mock.timers.tick(15_000);
    }
    assert.deepEqual(seen, ['workspace'], `live: ${isLive}`);
    feed.close();
  }
});

test('a connection that comes back reads the workspace too, the first one does not', () => {
  const { feed, seen, connect } = feedOf();
  connect(true);
  assert.deepEqual(seen, []);
  connect(false);
  assert.deepEqual(seen, []);
  connect(true);
  assert.deepEqual(seen, ['workspace']);
  feed.close();
});

test('charts are read at once, then every five seconds while deliveries come in', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const read = [];
  const { feed, asked, hear } = feedOf('a', { activity: async () => (read.push(now), []) });
  t.after(() => feed.close());
  feed.start();
  asked[0].answer([row('stripe', '2026-11-23T10:00:00Z')]);
  await turn();
  for (let i = 1; i <= 60; i++) {
    hear({ table: 'service_facts', service: 'stripe' });
    asked.at(-1).answer([]);
    await turn();
    now += 200;
    t.mock.timers.tick(200);
    await turn();
  }
  assert.deepEqual(read, [0, 5000, 10_000]);
});

test('a page that was opened out of sight reads everything when it is looked at', async (t) => {
  let now = 0;
  t.mock.method(Date, 'now', () => now);
  document.hidden = true;
  const { feed, asked } = feedOf();
  t.after(() => feed.close());
  feed.start();
  asked[0].answer([row('stripe', '2026-11-23T10:00:00Z')]);
  await turn();
  now = 90_000;
  document.hidden = false;
  document.dispatchEvent(new Event('visibilitychange'));
  assert.equal(asked.length, 2);
});

test('charts that cannot be read are not shown as of today for longer than minutes', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let works = true;
  const activity = async () => {
    if (!works) throw new Error('the database was too slow');
    return [];
  };
  const { feed, asked, posted, hear } = feedOf('a', { activity });
  t.after(() => feed.close());
  const told = () => posted.filter(([kind]) => kind === 'activity').map(([, rows]) => rows);
  const aMinute = () => (t.mock.timers.tick(60_000), turn());
  feed.start();
  asked[0].answer([row('stripe', '2026-11-23T10:00:00Z')]);
  await turn();
  assert.deepEqual(told(), [[]]);
  works = false;
  hear({ table: 'service_facts', service: 'stripe' });
  asked[1].answer([row('stripe', '2026-11-23T10:00:10Z')]);
  await turn();
  await aMinute();
  await aMinute();
  assert.deepEqual(told(), [[]], 'what is shown stays for a while');
  await aMinute();
  assert.deepEqual(told(), [[], null]);
  await aMinute();
  works = true;
  await aMinute();
  assert.deepEqual(told(), [[], null, []]);
});

test('a database that answers nothing is asked for charts no more often with time, and not once it is closed', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = 0;
  const fail = async () => {
    throw new Error('away');
  };
  const activity = () => ((asked += 1), fail());
  const { feed } = feedOf('a', { facts: fail, activity });
  feed.start();
  const aMinute = async () => {
    const before = asked;
    for (let i = 0; i < 20; i++) {
      t.mock.timers.tick(3000);
      await turn();
    }
    return asked - before;
  };
  await aMinute();
  const first = await aMinute();
  await aMinute();
  assert.ok((await aMinute()) <= first, `${first} in the second minute`);
  feed.close();
  assert.equal(await aMinute(), 0);
});

test('charts that were never read are told to have failed at once: else they would be on their way', async (t) => {
  const activity = async () => {
    throw new Error('the database was too slow');
  };
  const { feed, asked, posted } = feedOf('a', { activity });
  t.after(() => feed.close());
  feed.start();
  asked[0].answer([row('stripe', '2026-11-23T10:00:00Z')]);
  await turn();
  assert.deepEqual(
    posted.filter(([kind]) => kind === 'activity'),
    [['activity', null]],
  );
});

test('an answer that comes after the feed was closed is not shown', async () => {
  const { feed, asked, posted } = feedOf();
  feed.start();
  feed.close();
  const before = posted.length;
  asked[0].answer([row('stripe', '2026-11-23T10:00:00Z')]);
  await turn();
  assert.deepEqual(posted.slice(before), []);
});
