// Who is signed in, what they may see, and what is left when they go.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NORTHWIND, until } from '../e2e/harness.mjs';
import {
  card,
  cards,
  coloursDrawn,
  fillSignIn,
  newPage,
  screenshot,
  settled,
  signedIn,
  touchFacts,
  userOf,
} from './browser.mjs';
import { AGENCY, VIEWER, browser, stack, startSuite } from './suite.mjs';

/** As after an hour: the stored token has to be renewed. */
const expire = (page) =>
  page.evaluate(() => {
    const session = JSON.parse(localStorage.getItem('webfluentia.session'));
    localStorage.setItem('webfluentia.session', JSON.stringify({ ...session, expires_at: 1 }));
  });

startSuite('page-session');

test('a wrong password is answered in words, the right one opens the own workspace', async () => {
  const page = await newPage(browser);
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, { email: VIEWER, password: 'not this one' });
  await page.getByRole('alert').getByText('wrong').waitFor();
  await fillSignIn(page, userOf(stack, VIEWER));
  await page.getByRole('heading', { name: 'Integrations' }).waitFor();
  await card(page, 'stripe').waitFor();
  assert.match(page.url(), /\/w\/northwind-dental\/integrations$/);
  assert.ok((await coloursDrawn(page)) > 20, 'the canvas shows something');
  await page.context().close();
});

test('who may not sign in with the right password is told why', async () => {
  const page = await newPage(browser);
  let status = 400;
  let error_code;
  await page.route(/auth\/v1\/token/, (route) =>
    route.fulfill({ status, json: { code: status, error_code, msg: 'refused' } }),
  );
  await page.goto(stack.state.urls.dashboard);
  for (const [code, words] of [
    ['email_not_confirmed', 'not confirmed yet'],
    ['user_banned', 'is locked'],
    ['invalid_credentials', 'is wrong'],
  ]) {
    error_code = code;
    await fillSignIn(page, userOf(stack, VIEWER));
    await page.getByRole('alert').getByText(words).waitFor();
  }
  [status, error_code] = [401, undefined]; // of the gateway, which does not know the page's key
  await fillSignIn(page, userOf(stack, VIEWER));
  await page.getByRole('alert').getByText('Signing in did not work').waitFor();
  await page.context().close();
});

test('signing out hangs up, and nothing that was typed stays in the form', async () => {
  const page = await newPage(browser);
  const sockets = [];
  page.on('websocket', (socket) => sockets.push(socket));
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await page.locator('#link', { hasText: 'live' }).waitFor();
  const typed = await page.locator('#sign-in-form input').evaluateAll((all) => all.map(({ value }) => value));
  assert.deepEqual(typed, ['', '']);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.ok(sockets.length > 0);
  await until('every socket is closed', () => sockets.every((socket) => socket.isClosed()));
  await page.context().close();
});

test('signing out leaves nothing of the session behind', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(await cards(page), {});
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.ok(!kept.includes('access_token'), kept);
  await page.context().close();
});

test('who signs out while sign-in does not answer is signed out here', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.route(/auth\/v1\/logout/, (route) => route.abort());
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Password', { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('webfluentia.session')), null);
  await page.reload();
  await page.getByLabel('Password', { exact: true }).waitFor();
  assert.equal(await page.locator('article').count(), 0);
  await page.context().close();
});

test('who signs out while sign-in does not answer is signed out in the other tab, too', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const other = await page.context().newPage();
  await other.goto(stack.state.urls.dashboard);
  await card(other, 'stripe').waitFor();
  await page.route(/auth\/v1\/logout/, (route) => route.abort());
  await page.getByRole('button', { name: 'Sign out' }).click();
  await other.getByLabel('Password', { exact: true }).waitFor();
  assert.equal(await other.locator('article').count(), 0);
  await until('whoever comes next did not ask for this workspace', () => !other.url().includes('/w/'));
  await page.context().close();
});

test('whoever signs in next on this device sees their own workspace', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Password', { exact: true }).waitFor();
  await page.route(/rest\/v1\/workspaces/, (route) => route.fulfill({ json: [] }));
  await fillSignIn(page, userOf(stack, 'viewer@oak-bakery.example'));
  await page.getByRole('heading', { name: 'No workspace yet' }).waitFor();
  await page.unroute(/rest\/v1\/workspaces/); // also where they are given it later
  await card(page, 'stripe').waitFor();
  assert.match(page.url(), /\/w\/oak-bakery\/integrations$/);
  await page.context().close();
});

test('a token that the database refuses before its time is renewed, once', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.locator('#link', { hasText: 'live' }).waitFor();
  await settled(page);
  // Not told by its text: within one second of the sign-in the new token is the same.
  const renewals = [];
  page.on('request', (request) => /grant_type=refresh_token/.test(request.url()) && renewals.push(request));
  await page.route(/rest\/v1\/service_facts/, (route) =>
    renewals.length === 0
      ? route.fulfill({ status: 401, json: { message: 'JWT expired' } })
      : route.continue(),
  );
  const read = page.waitForResponse((reply) => /service_facts/.test(reply.url()) && reply.status() === 200);
  await touchFacts(stack);
  await read;
  assert.equal(renewals.length, 1);
  assert.equal(await page.getByText('The database does not answer').count(), 0);
  await page.context().close();
});

test('while sign-in hangs the page says that nothing answers', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.locator('#link', { hasText: 'live' }).waitFor();
  await settled(page);
  await page.route(/auth\/v1\/token/, () => {}); // never answered
  await expire(page);
  await touchFacts(stack);
  await page.locator('#link', { hasText: 'no answer' }).waitFor({ timeout: 60_000 });
  await page.context().close();
});

test('a page that is opened while sign-in does not answer says so, and shows the cards once it does', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.route(/auth\/v1\/token/, () => {}); // never answered
  await expire(page);
  await page.reload();
  await page.locator('#loading').waitFor({ state: 'attached' });
  await page.getByRole('heading', { name: 'could not be read' }).waitFor({ timeout: 30_000 });
  assert.equal(await page.getByLabel('Password', { exact: true }).isVisible(), false, 'the session is kept');
  await screenshot(page, 'sign-in-silent');
  await page.unroute(/auth\/v1\/token/);
  await card(page, 'stripe').waitFor({ timeout: 90_000 });
  await page.context().close();
});

test('who asks for a sync when the session has ended is told so where to sign in', async () => {
  const page = await signedIn(browser, stack, AGENCY, { path: `w/${NORTHWIND}/integrations` });
  await page.locator('#link', { hasText: 'live' }).waitFor();
  await page.route(/grant_type=refresh_token/, (route) =>
    route.fulfill({ status: 400, json: { code: 'refresh_token_not_found', message: 'gone' } }),
  );
  await expire(page);
  // A read may have found it out first, and the button may be gone.
  await page.evaluate(() => document.getElementById('sync:stripe')?.click());
  await page.getByRole('alert').getByText('You are signed out by now. Sign in again.').waitFor();
  await screenshot(page, 'session-gone');
  await fillSignIn(page, userOf(stack, AGENCY));
  await card(page, 'stripe').waitFor();
  assert.match(page.url(), /northwind-dental/);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Password', { exact: true }).waitFor();
  assert.equal(await page.getByText('You are signed out').isVisible(), false, 'who signs out knows');
  await page.context().close();
});

test('a tab whose site data was deleted comes to the sign-in', async () => {
  const page = await signedIn(browser, stack, AGENCY, { path: `w/${NORTHWIND}/integrations` });
  await page.locator('#link', { hasText: 'live' }).waitFor();
  await settled(page);
  await page.evaluate(() => {
    localStorage.clear(); // of which no event tells this tab
    document.getElementById('sync:stripe').click();
  });
  await page.getByRole('alert').getByText('You are signed out by now. Sign in again.').waitFor();
  assert.equal(await page.locator('article').count(), 0);
  await fillSignIn(page, userOf(stack, AGENCY));
  await card(page, 'stripe').waitFor();
  assert.match(page.url(), /northwind-dental/);
  await page.context().close();
});

test('a link that is opened with a session that is over opens its workspace after signing in', async () => {
  const page = await signedIn(browser, stack, AGENCY);
  const link = new URL('/w/oak-bakery/integrations', page.url()).href;
  assert.notEqual(page.url(), link, 'another one opens by itself');
  await page.route(/grant_type=refresh_token/, (route) =>
    route.fulfill({ status: 400, json: { code: 'refresh_token_not_found', message: 'gone' } }),
  );
  await expire(page);
  await page.goto(link);
  await page.getByLabel('Password', { exact: true }).waitFor();
  await fillSignIn(page, userOf(stack, AGENCY));
  await card(page, 'stripe').waitFor();
  assert.equal(page.url(), link);
  await page.context().close();
});

test('two tabs whose session is refused come back to their own workspaces, unless somebody else signs in', async () => {
  const page = await signedIn(browser, stack, AGENCY, { path: 'w/oak-bakery/integrations' });
  const other = await page.context().newPage();
  const tabs = [page, other];
  await other.goto(`${stack.state.urls.dashboard}w/${NORTHWIND}/integrations`);
  await card(other, 'google_ads').waitFor();
  const addresses = tabs.map((tab) => tab.url());
  const refuse = async () => {
    await page
      .context()
      .route(/auth\/v1\/token/, (route) =>
        route.fulfill({ status: 400, json: { code: 'refresh_token_not_found', message: 'gone' } }),
      );
    await expire(page);
    await touchFacts(stack); // is read with a token
    for (const tab of tabs) await tab.getByLabel('Password', { exact: true }).waitFor();
    await page.context().unroute(/auth\/v1\/token/);
  };
  await refuse();
  await fillSignIn(page, userOf(stack, AGENCY));
  for (const tab of tabs) await card(tab, 'stripe').waitFor();
  assert.deepEqual(
    tabs.map((tab) => tab.url()),
    addresses,
  );
  await refuse();
  await fillSignIn(page, userOf(stack, VIEWER));
  for (const tab of tabs) await card(tab, 'google_ads').waitFor();
  assert.match(page.url(), /northwind-dental/);
  await page.context().close();
});

test('a dashboard that did not load stays told when the session is refused after it', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.route(/dashboard.*\.wasm/, (route) => route.abort());
  let refuse;
  const refused = new Promise((resolve) => (refuse = resolve));
  await page.route(/auth\/v1\/token/, async (route) => {
    await refused;
    await route.fulfill({ status: 400, json: { code: 'refresh_token_not_found', message: 'gone' } });
  });
  await expire(page);
  await page.reload();
  const screen = () => page.evaluate(() => document.documentElement.dataset.screen);
  await until('it is told', async () => (await screen()) === 'broken');
  // Nobody is signed in any more: what was to be shown then has been.
  refuse();
  await page.waitForFunction(() => localStorage.getItem('webfluentia.session') === null);
  await settled(page);
  assert.equal(await screen(), 'broken');
  await page.context().close();
});

test('a device that slept reads everything anew', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.locator('#link', { hasText: 'live' }).waitFor();
  await settled(page);
  const whole = page.waitForRequest(/service_facts\?select=\*&client_id=eq\.[0-9a-f-]+$/);
  await page.evaluate(() => {
    const awake = Date.now;
    Date.now = () => awake() + 7_200_000;
  });
  await whole;
  await page.context().close();
});

test('who is taken out of a workspace is told so, and sees nothing of it any more', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const [member] = await stack.query(
    `delete from workspace_members m using auth.users u
     where u.id = m.user_id and u.email = $1 returning m.client_id, m.user_id, m.role`,
    [VIEWER],
  );
  await page.context().setOffline(true);
  await page.locator('[role=status] #offline').waitFor();
  await page.context().setOffline(false);
  await page.getByRole('heading', { name: 'No workspace yet' }).waitFor();
  assert.deepEqual(await cards(page), {});
  const { client_id, user_id, role } = member;
  await stack.query('insert into workspace_members (client_id, user_id, role) values ($1, $2, $3)', [
    ...[client_id, user_id, role],
  ]);
  await page.context().close();
});

test('of a workspace whose address was changed nothing is left on the screen', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.locator('#link', { hasText: 'live' }).waitFor();
  const rename = (from, to) => stack.query('update workspaces set slug = $2 where slug = $1', [from, to]);
  await rename('northwind-dental', 'northwind-renamed');
  await page.getByRole('heading', { name: 'This workspace is not yours to see' }).waitFor();
  assert.equal(await page.locator('#summary').textContent(), '');
  assert.equal(await page.getByRole('button', { name: /^Stripe/ }).count(), 0, 'also in the side bar');
  await rename('northwind-renamed', 'northwind-dental');
  await page.context().close();
});

test('a device whose clock is wrong judges by the server’s', async () => {
  const page = await newPage(browser);
  const behindMs = 3 * 3_600_000;
  const asked = [];
  await page.route(/config\.json/, async (route) => {
    asked.push(route.request().url());
    const reply = await route.fetch();
    const date = new Date(Date.now() - behindMs).toUTCString();
    await route.fulfill({ response: reply, headers: { ...reply.headers(), date } });
  });
  await page.goto(stack.state.urls.dashboard);
  await page.getByLabel('Password', { exact: true }).waitFor();
  await page.waitForFunction(() => window.webfluentia);
  const ahead = (await page.evaluate(() => Date.now() - window.webfluentia.now())) - behindMs;
  assert.ok(Math.abs(ahead) < 5000, `${ahead} ms`);
  assert.ok(asked.length > 0 && new Set(asked).size === asked.length, `no copy answers twice: ${asked}`);
  assert.match(asked[0], /\?\d{13}$/);
  await page.context().close();
});

test('on a device whose clock is hours fast a session lasts as long as on others', async () => {
  const page = await newPage(browser);
  await page.addInitScript(() => {
    const { now } = Date;
    Date.now = () => now() + 2 * 3_600_000;
  });
  const renewals = [];
  page.on(
    'request',
    (request) => request.url().includes('grant_type=refresh_token') && renewals.push(request.url()),
  );
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await card(page, 'stripe').waitFor();
  await page.getByText(/^live/).waitFor();
  const read = page.waitForResponse(/service_facts/);
  await stack.query(`update service_facts set failures = failures + 1 where service = 'stripe'`);
  await read;
  await stack.query(`update service_facts set failures = failures - 1 where service = 'stripe'`);
  assert.deepEqual(renewals, []);
  await page.context().close();
});

test('who signs out during the first load leaves nothing running', async () => {
  const page = await newPage(browser);
  const sockets = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  let answer;
  const slow = new Promise((resolve) => (answer = resolve));
  await page.route(/rest\/v1\/workspaces/, (route) => slow.then(() => route.continue()));
  const asked = page.waitForRequest(/rest\/v1\/workspaces/);
  await page.goto(`${stack.state.urls.dashboard}w/${NORTHWIND}/integrations`);
  await fillSignIn(page, userOf(stack, VIEWER));
  await asked;
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  const answered = page.waitForResponse(/rest\/v1\/workspaces/);
  answer();
  await (await answered).finished();
  // What is asked after that answer is answered after the page has dealt with it.
  await page.evaluate(() => fetch('/config.json', { cache: 'no-store' }).then((reply) => reply.text()));
  await settled(page);
  assert.deepEqual(sockets, []);
  assert.ok(!page.url().includes('/w/'), page.url());
  await page.context().close();
});
