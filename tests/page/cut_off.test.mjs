// When the page is cut off: offline, realtime down, reads that fail, a database that does not answer. What was read
// stays, and the page finds back by itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CLIENT, NORTHWIND, until } from '../e2e/harness.mjs';
import {
  card,
  cards,
  fillSignIn,
  newPage,
  screenshot,
  settled,
  signedIn,
  touchFacts,
  userOf,
} from './browser.mjs';
import { VIEWER, browser, stack, startSuite } from './suite.mjs';

/** As when another tab is in front. */
const hide = (page, hidden) =>
  page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

// Of one workspace, and not what changed of them.
const WHOLE = /service_facts\?select=\*&client_id=eq\.[0-9a-f-]+$/;

startSuite('page-cut-off');

test('offline is said, and what was read stays', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const before = await cards(page);
  await page.context().setOffline(true);
  await page.getByText('You are offline').first().waitFor();
  assert.deepEqual(await cards(page), before);
  await screenshot(page, 'offline');
  // What cannot be read says nothing about the hours since.
  await page.evaluate(() => window.webfluentia.setClock(window.webfluentia.now() + 3 * 3_600_000));
  await page.locator('#link', { hasText: 'offline, as of 3 h ago' }).waitFor();
  assert.deepEqual(await cards(page), before);
  await page.evaluate(() => window.webfluentia.setClock(null));
  await page.context().setOffline(false);
  await page.locator('#link', { hasText: 'live' }).waitFor();
  await page.context().close();
});

test('a page that was not looked at for hours judges nothing before it was read again', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.locator('#link', { hasText: 'live' }).waitFor();
  const before = await cards(page);
  assert.equal(before.supabase, 'active');
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  await page.route(WHOLE, (route) => held.then(() => route.continue()));
  await hide(page, true);
  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 70_000; // longer than is nothing, shorter than makes the clock doubtful
    window.webfluentia.setClock(window.webfluentia.now() + 3 * 3_600_000);
  });
  await hide(page, false);
  await page.locator('#link', { hasText: 'connecting' }).waitFor();
  await page.evaluate(() => window.webfluentia.setClock(window.webfluentia.now())); // as any tick
  await settled(page);
  assert.deepEqual(await cards(page), before);
  letGo();
  await page.locator('#link', { hasText: 'live' }).waitFor();
  await page.locator('[id="badge:supabase"]', { hasText: 'Error' }).waitFor({ state: 'attached' });
  assert.equal((await cards(page)).supabase, 'error', 'three hours without a probe');
  await page.getByRole('button', { name: 'Supabase, Error', exact: true }).waitFor({ state: 'attached' });
  await page
    .getByRole('button', { name: /, Active, with a warning$/ })
    .first()
    .waitFor({ state: 'attached' });
  await page.context().close();
});

test('rows that came while nobody looked are read on return, and without a network it is said of when the page is', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.locator('#link', { hasText: 'live' }).waitFor();
  const before = await cards(page);
  await hide(page, true);
  await page.evaluate(() => window.webfluentia.setClock(window.webfluentia.now() + 3 * 3_600_000));
  const move = (hours) =>
    stack.query(
      `update service_facts set last_success_at = last_success_at + $1::interval,
         last_attempt_at = last_attempt_at + $1::interval where client_id = $2`,
      [`${hours} hours`, CLIENT[NORTHWIND]],
    );
  await move(3);
  await page.context().setOffline(true);
  await hide(page, false);
  await page.locator('#link', { hasText: 'offline, as of 3 h ago' }).waitFor();
  assert.deepEqual(await cards(page), before);
  await page.context().setOffline(false);
  await page.locator('#link', { hasText: 'live' }).waitFor();
  assert.deepEqual(await cards(page), before);
  await move(-3);
  await page.context().close();
});

test('without realtime the page says so and reads every 15 seconds', async () => {
  const page = await newPage(browser);
  await page.routeWebSocket(/realtime/, (socket) => socket.close());
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await card(page, 'stripe').waitFor();
  await page.getByText('Live updates are interrupted').waitFor();
  await screenshot(page, 'realtime-down');
  await stack.query(
    `update service_facts set enabled = false where client_id = $1 and service = 'google_ads'`,
    [CLIENT[NORTHWIND]],
  );
  await card(page, 'google_ads').getByText('disabled').first().waitFor();
  await stack.query(
    `update service_facts set enabled = true where client_id = $1 and service = 'google_ads'`,
    [CLIENT[NORTHWIND]],
  );
  await page.context().close();
});

test('on a slow network the page says that it loads', async () => {
  const page = await newPage(browser, { width: 390, height: 844 });
  const facts = [];
  page.on('requestfinished', (request) => WHOLE.test(request.url()) && facts.push(request));
  const hold = async (file) => {
    let letGo;
    const held = new Promise((resolve) => (letGo = resolve));
    await page.route(file, (route) => held.then(() => route.continue()));
    return letGo;
  };
  const goOn = await hold(/page\.js$/);
  const draw = await hold(/dashboard\.wasm$/);
  await page.goto(stack.state.urls.dashboard, { waitUntil: 'commit' });
  const waiting = page.getByText('Loading the dashboard');
  await waiting.waitFor();
  goOn();
  await fillSignIn(page, userOf(stack, VIEWER));
  await waiting.waitFor();
  await screenshot(page, 'loading-slowly');
  await until('what its cards show is read meanwhile', () => facts.length > 0);
  await page.route(/rest\/v1\//, (route) => route.abort());
  draw();
  await card(page, 'stripe').waitFor();
  assert.equal(await waiting.isVisible(), false);
  await page.context().close();
});

test('who signs out elsewhere while the dashboard is fetched finds nothing of it drawn', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const other = await page.context().newPage();
  await other.goto(new URL('config.json', stack.state.urls.dashboard).href);
  let draw;
  const held = new Promise((resolve) => (draw = resolve));
  await page.route(/dashboard\.wasm$/, (route) => held.then(() => route.continue()));
  const begun = [page.waitForResponse(WHOLE), page.waitForEvent('websocket')];
  await page.reload({ waitUntil: 'commit' });
  const [, socket] = await Promise.all(begun);
  await other.evaluate(() => localStorage.removeItem('webfluentia.session'));
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  draw();
  await page.waitForFunction(() => window.webfluentia);
  await settled(page);
  assert.equal(await page.locator('#mirror').innerText(), '');
  await until('nothing more is heard', () => socket.isClosed());
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('a page whose program never comes says what to do, with JavaScript and without', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await newPage(browser, { width: 360, height: 740, javaScriptEnabled });
    await page.route(/page\.js$/, (route) => route.abort());
    await page.goto(stack.state.urls.dashboard);
    const late = page.getByText('This takes longer than it should');
    const loading = page.getByText('Loading the dashboard');
    const without = page.locator('noscript p', { hasText: 'needs JavaScript. Allow it' });
    assert.equal(await late.isVisible(), false);
    if (javaScriptEnabled) {
      await loading.waitFor();
      await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
    }
    await (javaScriptEnabled ? late : without).waitFor();
    assert.equal(await loading.isVisible(), javaScriptEnabled);
    await page.context().close();
  }
});

test('a failed read is explained, and tried again by hand and by itself', async () => {
  const page = await newPage(browser);
  let broken = true;
  await page.route(/rest\/v1\/service_facts/, (route) =>
    broken ? route.fulfill({ status: 503 }) : route.continue(),
  );
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await page.getByRole('heading', { name: 'could not be read' }).waitFor();
  await screenshot(page, 'error');
  const asked = page.waitForRequest(/rest\/v1\/service_facts/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await asked;
  await page.getByRole('heading', { name: 'could not be read' }).waitFor();
  broken = false;
  await card(page, 'stripe').waitFor();
  await page.context().close();
});

test('a database that stops answering is said, and so is its answer; what was read stays', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const answer = page.locator('[id="last-sync-text:supabase"]');
  await answer.filter({ hasText: 'answers in' }).waitFor();
  await page.locator('#link', { hasText: 'live' }).waitFor();
  const before = await cards(page);
  let broken = true;
  await page.route(/rest\/v1\/service_facts/, (route) => (broken ? route.abort() : route.continue()));
  await touchFacts(stack);
  await page.getByText('The database does not answer').waitFor();
  await answer.filter({ hasText: 'not reached from here' }).waitFor();
  await page.locator('#link', { hasText: 'no answer' }).waitFor();
  assert.deepEqual(await cards(page), before);
  await page.locator('[id="state:supabase"]', { hasText: /^(fresh|due) when last read$/ }).waitFor();
  await screenshot(page, 'unanswered');
  broken = false;
  await answer.filter({ hasText: 'answers in' }).waitFor();
  assert.equal(await page.getByText('The database does not answer').count(), 0);
  await page.context().close();
});

test('rows that went while nobody listened are gone after the next connection', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.locator('#link', { hasText: 'live' }).waitFor();
  assert.ok('google_ads' in (await cards(page)));
  await page.context().setOffline(true);
  await page.getByText('You are offline').first().waitFor();
  await page.route(/rest\/v1\/service_facts/, async (route) => {
    const response = await route.fetch();
    const json = (await response.json()).filter(({ service }) => service !== 'google_ads');
    await route.fulfill({ response, json });
  });
  await page.context().setOffline(false);
  await card(page, 'google_ads').waitFor({ state: 'detached' });
  assert.ok('stripe' in (await cards(page)));
  await page.context().close();
});

test('a channel that the server closes is joined again', async () => {
  const page = await newPage(browser);
  let close;
  await page.routeWebSocket(/realtime/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      const [ref, , topic, event] = typeof message === 'string' ? JSON.parse(message) : [];
      if (event === 'phx_join') close = () => socket.send(JSON.stringify([ref, ref, topic, 'phx_close', {}]));
      server.send(message);
    });
  });
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  const live = page.locator('#link', { hasText: 'live' });
  await live.waitFor();
  close();
  await live.waitFor({ state: 'detached' });
  await live.waitFor();
  // It hears again, too.
  const asked = page.waitForRequest(/service_facts.*updated_at/);
  await touchFacts(stack);
  await asked;
  await page.context().close();
});

test('workspaces that could not be read are read by themselves', async () => {
  const page = await newPage(browser);
  let broken = true;
  await page.route(/rest\/v1\//, (route) => (broken ? route.abort() : route.continue()));
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await page.getByRole('heading', { name: 'could not be read' }).waitFor();
  broken = false;
  await card(page, 'stripe').waitFor();
  await page.context().close();
});

test('“Try again” while nothing answers does not make the error stay', async () => {
  const page = await newPage(browser);
  let broken = /service_facts/;
  await page.route(/rest\/v1\//, (route) =>
    broken?.test(route.request().url()) ? route.abort() : route.continue(),
  );
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await page.getByRole('heading', { name: 'could not be read' }).waitFor();
  broken = /service_facts|workspaces/;
  const asked = page.waitForRequest(/rest\/v1\/workspaces/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await asked;
  await page.getByRole('heading', { name: 'could not be read' }).waitFor();
  broken = undefined;
  await card(page, 'stripe').waitFor();
  await page.context().close();
});

test('cards stay when workspaces, charts or remarks cannot be read', async () => {
  const page = await newPage(browser);
  let broken = false;
  await page.route(/rest\/v1\/workspaces/, (route) => (broken ? route.abort() : route.continue()));
  await page.route(/rpc\/(service_daily|daily_series)/, (route) =>
    route.fulfill({ json: { code: '42501' } }),
  );
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await card(page, 'stripe').getByText('The last 30 days could not be read').first().waitFor();
  await page.locator('#link', { hasText: 'live' }).waitFor();
  const failed = page.waitForEvent('requestfailed');
  broken = true;
  await stack.query(`update workspaces set name = 'Northwind Two' where slug = $1`, [NORTHWIND]);
  await failed;
  await settled(page);
  await settled(page);
  assert.ok('stripe' in (await cards(page)));
  broken = false;
  await page.locator('#workspace, #mirror', { hasText: 'Northwind Two' }).first().waitFor();
  await stack.query(`update workspaces set name = 'Northwind Dental' where slug = $1`, [NORTHWIND]);
  await page.context().close();
});

test('no card waits long for its charts, which are told to be on their way', async () => {
  const page = await newPage(browser);
  await page.route(/rpc\/service_daily/, () => {}); // never answered
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await card(page, 'stripe').waitFor();
  assert.match(await card(page, 'stripe').textContent(), /Reading the last 30 days/);
  await page.context().close();
});

test('no card waits for the remarks', async () => {
  const page = await newPage(browser);
  const asked = page.waitForRequest(/rpc\/daily_series/);
  await page.route(/rpc\/daily_series/, () => {}); // never answered
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await asked;
  await card(page, 'stripe').waitFor();
  await page.context().close();
});

test('while live, what nobody told of is found within five minutes', async () => {
  const page = await newPage(browser);
  await page.clock.install();
  // By the page's clock a heartbeat that is not answered before the next step has been left without one for 40 s.
  let unanswered = 0;
  await page.routeWebSocket(/realtime/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      if (message.includes('"heartbeat"')) unanswered += 1;
      server.send(message);
    });
    server.onMessage((message) => {
      socket.send(message);
      if (message.includes('"phoenix"')) unanswered -= 1;
    });
  });
  const pass40Secs = async () => {
    await page.clock.fastForward(40_000);
    await page.evaluate(() => {}); // what it sent has come here
    await until('the heartbeat is answered', () => unanswered === 0);
  };
  let reads = 0;
  page.on('requestfinished', (request) => (reads += WHOLE.test(request.url()) ? 1 : 0));
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await page.locator('#link', { hasText: 'live' }).waitFor();
  await until('all is read, and once more with the connection', () => reads >= 2);
  await settled(page);
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  // In steps: a minute at once is a device that slept.
  for (let i = 0; i < 5; i++) await pass40Secs();
  await page.evaluate(() => fetch('/config.json').then((reply) => reply.text()));
  const whole = () => asked.filter((url) => WHOLE.test(url));
  assert.deepEqual(whole(), [], 'not all the time');
  const both = Promise.all([page.waitForRequest(WHOLE), page.waitForRequest(/rest\/v1\/workspaces/)]);
  for (let i = 0; i < 3; i++) await pass40Secs();
  await both;
  await page.context().close();
});
