// Choosing a password, by the link of a mail: forgotten, or invited.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { until } from '../e2e/harness.mjs';
import { card, fillSignIn, newPage, screenshot, settled, userOf } from './browser.mjs';
import { AGENCY, VIEWER, browser, stack, startSuite } from './suite.mjs';

startSuite('page-password');

const FERN = 'viewer@fern-studio.example';
const OAK = 'viewer@oak-bakery.example';

/** The links of the mails to `email`, as their reader would follow them, the newest last. */
function linksTo(email) {
  const mails = readFileSync(join(stack.dir, 'logs', 'services.log'), 'utf8')
    .split('mail to ')
    .slice(1);
  return mails
    .filter((mail) => mail.startsWith(`${email}:`))
    .flatMap((mail) => mail.match(/http\S+#token_hash\S+/)?.[0] ?? []);
}

/** The newest, once there are more than were known. */
const linkTo = (email, known = 0) =>
  until(`a mail to ${email}`, () => linksTo(email).length > known && linksTo(email).at(-1));

async function askFor(email) {
  const known = linksTo(email).length;
  const page = await newPage(browser);
  await page.goto(stack.state.urls.dashboard);
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByText(`If ${email} has an account`).waitFor();
  await page.context().close();
  return linkTo(email, known);
}

/**
 * Where a link of Supabase's own templates leads after Supabase has looked at it, with the tokens: a link works once,
 * they do as long as they are good.
 */
async function addressOf(email) {
  const { token_hash: token, type } = Object.fromEntries(
    new URLSearchParams((await askFor(email)).split('#')[1]),
  );
  const query = new URLSearchParams({ token, type, redirect_to: stack.state.urls.dashboard });
  const reply = await fetch(`${stack.state.urls.supabase}/auth/v1/verify?${query}`, { redirect: 'manual' });
  return reply.headers.get('location');
}

const goOn = (page) => page.getByRole('button', { name: 'Continue' }).click();

const isAsked = (page) => page.getByLabel('Account').waitFor();
const kept = (page) => page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));

const choose = async (page, password) => {
  await page.getByLabel('New password').fill(password);
  await page.getByRole('button', { name: 'Open the dashboard' }).click();
};

test('who forgot the password chooses another by a link that is mailed', async () => {
  const page = await newPage(browser);
  await page.goto(stack.state.urls.dashboard);
  await page.getByLabel('E-mail').fill(FERN);
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByText(`If ${FERN} has an account, a mail`).waitFor();
  await screenshot(page, 'forgotten');

  const link = await linkTo(FERN);
  await page.goto(link); // and read by a scanner of mail, or by mistake: that does not use it
  await page.getByRole('button', { name: 'Continue' }).waitFor();
  assert.equal(await page.getByText('You are signed in as').isVisible(), false);
  await screenshot(page, 'opened-link');
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(page.url(), stack.state.urls.dashboard);
  await page.goto(link);
  await goOn(page);
  await page.getByLabel('Account').waitFor();
  assert.equal(page.url(), stack.state.urls.dashboard, 'no token stays in the address');
  assert.equal(await page.getByLabel('Account').inputValue(), FERN);
  await screenshot(page, 'choose-password');
  const password = randomUUID();
  const losesAnswer = async (route) => {
    await route.fetch();
    await route.abort();
  };
  await page.route(/auth\/v1\/user/, losesAnswer, { times: 1 });
  await choose(page, password);
  await page.getByRole('alert').getByText('could not be kept').waitFor();
  await choose(page, password); // which it is already
  await card(page, 'supabase').waitFor();
  assert.equal(await page.locator('#new-password').inputValue(), '', 'nothing typed is kept');
  assert.match(page.url(), /\/w\/fern-studio\/integrations$/);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await fillSignIn(page, { email: FERN, password });
  await card(page, 'supabase').waitFor();
  assert.deepEqual(
    page.problems.filter((problem) => !/422|Failed to fetch|ERR_FAILED/.test(problem)),
    [],
  );
  await page.context().close();

  // The same link a second time, as by a mail that is opened again.
  const again = await newPage(browser);
  await again.goto(link);
  await goOn(again);
  await again.getByRole('alert').getByText('too old or was used before').waitFor();
  assert.equal(again.url(), stack.state.urls.dashboard);
  await again.context().close();
});

test('who is invited chooses a password first; tokens of any other link let nobody in', async () => {
  const link = await addressOf(VIEWER);
  const page = await newPage(browser);
  await page.goto(link.replace('type=recovery', 'type=magiclink'));
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(page.url(), stack.state.urls.dashboard, 'no token stays in the address');
  assert.equal(await kept(page), '{}');

  await page.goto('about:blank');
  await page.goto(link.replace('type=recovery', 'type=invite'));
  await isAsked(page);
  await page.route(/auth\/v1\/user/, (route) =>
    route.fulfill({ status: 403, json: { code: 403, error_code: 'session_not_found', msg: 'gone' } }),
  );
  await choose(page, randomUUID());
  await page.getByRole('alert').getByText('You are signed out').waitFor();
  await page.getByRole('button', { name: 'Forgot your password?' }).waitFor();
  assert.ok(!(await kept(page)).includes('access_token'), 'the session that ended is not kept');
  await page.context().close();
});

test('who has not chosen a password is asked again: after a reload, in another tab and the next day', async () => {
  const link = await addressOf(AGENCY);
  const page = await newPage(browser);
  await page.goto(link);
  await isAsked(page);
  await page.getByLabel('New password').fill('typed, not sent');
  await page.reload();
  await isAsked(page);
  assert.equal(await page.getByLabel('Account').inputValue(), AGENCY);
  assert.ok(!(await kept(page)).includes('typed'), 'nothing typed is kept');

  const nextDay = await newPage(browser, { storageState: await page.context().storageState() });
  await nextDay.goto(`${stack.state.urls.dashboard}w/oak-bakery/integrations`);
  await isAsked(nextDay);
  await screenshot(nextDay, 'choose-password-again');
  await nextDay.getByRole('button', { name: 'Sign out' }).click();
  await nextDay.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await kept(nextDay), '{}');
  await nextDay.reload();
  await nextDay.getByRole('heading', { name: 'Sign in' }).waitFor();
  await nextDay.context().close();

  // What one tab was asked for lets all go on.
  const again = await addressOf(AGENCY);
  await page.goto('about:blank');
  await page.goto(again);
  await goOn(page);
  await isAsked(page);
  const other = await page.context().newPage();
  await other.goto(`${stack.state.urls.dashboard}w/oak-bakery/integrations`);
  await isAsked(other);
  await page.getByLabel('New password').fill('typed, not sent');
  await choose(other, randomUUID());
  for (const tab of [other, page]) await card(tab, 'stripe').waitFor();
  assert.match(other.url(), /oak-bakery/);
  assert.equal(await page.locator('#new-password').inputValue(), '');
  await page.reload();
  await card(page, 'stripe').waitFor();

  // Whoever comes in another tab is not let in here either: what was typed was for somebody else.
  const viewers = await addressOf(VIEWER);
  await other.goto('about:blank');
  await other.goto(viewers);
  await other.getByText(`You are signed in as ${AGENCY}.`).waitFor();
  await screenshot(other, 'opened-link-signed-in');
  await card(page, 'stripe').waitFor(); // anybody may have sent it
  await goOn(other);
  for (const tab of [other, page]) await isAsked(tab);
  assert.equal(await page.getByLabel('Account').inputValue(), VIEWER);
  assert.equal(await page.locator('article').count(), 0, 'nothing of the other is left');
  await page.context().close();
});

test('a link of which nothing answers is tried again, by a button or by loading the page', async () => {
  const link = await addressOf(OAK);
  const silent = async (page) => {
    await page.route(/auth\/v1\/user/, (route) => route.abort());
    await page.goto(link);
    await page.getByRole('alert').getByText('could not be looked at').waitFor();
  };
  const page = await newPage(browser, { width: 360, height: 740 });
  await silent(page);
  await screenshot(page, 'link-unread');
  assert.ok(!(await kept(page)).includes('access_token'), 'no token is kept before it was looked at');
  const again = page.getByRole('button', { name: 'Try the link again' });
  await again.click();
  await page.getByRole('alert').getByText('could not be looked at').waitFor();
  await page.unroute(/auth\/v1\/user/);
  await again.click();
  await isAsked(page);
  assert.equal(page.url(), stack.state.urls.dashboard, 'no token stays in the address');
  await page.context().close();

  const reloads = await newPage(browser);
  await silent(reloads);
  await reloads.unroute(/auth\/v1\/user/);
  await reloads.reload();
  await isAsked(reloads);
  await reloads.context().close();

  // Nor is it lost where the page itself does not load.
  const broken = await newPage(browser);
  await broken.route(/config\.json/, (route) => route.abort());
  await broken.goto(link);
  await broken.getByRole('alert').getByText('could not be loaded').waitFor();
  await broken.unroute(/config\.json/);
  await broken.getByRole('link', { name: 'Load again' }).click();
  await isAsked(broken);
  await broken.context().close();

  // Whoever signs in with a password has no use for it.
  const signsIn = await newPage(browser);
  await silent(signsIn);
  await fillSignIn(signsIn, userOf(stack, OAK));
  await card(signsIn, 'stripe').waitFor();
  assert.ok(!signsIn.url().includes('#'));
  await signsIn.reload();
  await card(signsIn, 'stripe').waitFor();
  await signsIn.context().close();
});

test('a link that could not be used is used again, by the button or by loading the page', async () => {
  const page = await newPage(browser, { width: 360, height: 740 });
  const link = await askFor(OAK);
  await page.route(/dashboard\.wasm/, (route) => route.abort());
  await page.goto(link);
  await page.getByRole('alert').getByText('could not be loaded').waitFor(); // and not only once it was used
  await page.unroute(/dashboard\.wasm/);
  await page.getByRole('link', { name: 'Load again' }).click();
  let abort;
  await page.route(/auth\/v1\/verify/, (route) => (abort = () => route.abort()));
  await goOn(page);
  await until('it is asked', () => abort);
  assert.ok(await page.getByRole('button', { name: 'Not now' }).isDisabled());
  await abort();
  await page.getByRole('alert').getByText('could not be looked at').waitFor();
  assert.ok(
    await page.getByRole('button', { name: 'Continue' }).evaluate((own) => own === document.activeElement),
  );
  await screenshot(page, 'link-unused');
  await page.unroute(/auth\/v1\/verify/);
  await page.route(/auth\/v1\/user/, (route) => route.abort());
  await goOn(page);
  await page.getByRole('button', { name: 'Try the link again' }).waitFor();
  assert.ok(!page.url().includes('token_hash'), 'it was used');
  await page.unroute(/auth\/v1\/user/);
  await page.reload();
  await isAsked(page);
  assert.equal(page.url(), stack.state.urls.dashboard);
  await page.context().close();

  // Whose answer was lost, and of whom else nobody hears.
  const lost = await newPage(browser);
  await lost.goto(await askFor(OAK));
  await lost.route(/auth\/v1\/verify/, async (route) => (await route.fetch(), route.abort()), { times: 1 });
  await goOn(lost);
  await lost.getByRole('alert').getByText('could not be looked at').waitFor();
  await goOn(lost);
  await lost.getByRole('alert').getByText('too old or was used before').waitFor();
  assert.equal(await kept(lost), '{}');
  await lost.context().close();
});

test('what used a link does not renew the session that the page has of it', async () => {
  const page = await newPage(browser);
  await page.clock.install();
  // The page reads how long a token is good in the token itself.
  await page.route(/auth\/v1\/verify/, async (route) => {
    const response = await route.fetch();
    const expires = { expires_in: 60, expires_at: Math.floor(Date.now() / 1000) + 60 };
    await route.fulfill({ response, json: { ...(await response.json()), ...expires } });
  });
  const renewals = [];
  page.on('request', (request) => /grant_type=refresh_token/.test(request.url()) && renewals.push(request));
  await page.goto(await askFor(FERN));
  await goOn(page);
  await isAsked(page);
  await page.clock.runFor(65_000);
  await choose(page, randomUUID());
  await card(page, 'supabase').waitFor();
  assert.equal(renewals.length, 0);
  await page.context().close();
});

test('an invitation is used as one, a link of another kind not at all', async () => {
  const link = await askFor(OAK);
  const page = await newPage(browser);
  await page.goto(link.replace('type=recovery', 'type=magiclink'));
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(page.url(), stack.state.urls.dashboard);
  // The page is open: the address changes, and nothing is loaded by that.
  await page.evaluate((hash) => (location.hash = hash), link.split('#')[1].replace('recovery', 'invite'));
  await page.getByRole('button', { name: 'Continue' }).waitFor();
  // The embedded sign-in invites nobody: it is told the link's own kind.
  let sent;
  await page.route(/auth\/v1\/verify/, async (route) => {
    sent = route.request().postDataJSON();
    await route.continue({ postData: JSON.stringify({ ...sent, type: 'recovery' }) });
  });
  await goOn(page);
  await page.getByLabel('Account').waitFor();
  assert.equal(sent.type, 'invite');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('a dead link is told to whoever is signed in already, and is soon forgotten', async () => {
  const page = await newPage(browser, { width: 360, height: 740 });
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, OAK));
  await card(page, 'stripe').waitFor();
  await page.goto(await askFor(VIEWER)); // somebody else's
  await page.getByText(`You are signed in as ${OAK}.`).waitFor();
  await page.getByRole('button', { name: 'Not now' }).click();
  await card(page, 'stripe').waitFor();
  await page.goto('about:blank');
  await page.goto(await addressOf(VIEWER)); // and one that needs no use
  await page.getByRole('button', { name: 'Not now' }).click();
  await card(page, 'stripe').waitFor();
  assert.match(page.url(), /oak-bakery/);
  await page.clock.install();
  await page.goto('about:blank');
  await page.goto(`${stack.state.urls.dashboard}#error=access_denied&error_code=otp_expired`);
  await card(page, 'stripe').waitFor();
  const told = page.locator('[role=status] #mail-link', { hasText: 'too old or was used before' });
  await told.waitFor();
  await screenshot(page, 'dead-link-signed-in');
  assert.ok(!page.url().includes('#'));
  await page.clock.fastForward(31_000);
  await told.waitFor({ state: 'detached' });
  await page.context().close();
});

test('a link asks whoever is signed in, also where it claims to be theirs', async () => {
  const page = await newPage(browser);
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, OAK));
  await card(page, 'stripe').waitFor();
  const theirs = await page.evaluate(() => JSON.parse(localStorage['webfluentia.session']).user.id);
  const { refresh_token } = Object.fromEntries(new URLSearchParams((await addressOf(VIEWER)).split('#')[1]));
  // What has ended is renewed with the other token, and nobody looks at whose it said it was.
  const payload = Buffer.from(JSON.stringify({ sub: theirs, exp: 1 })).toString('base64url');
  await page.goto('about:blank');
  await page.goto(
    `${stack.state.urls.dashboard}#type=recovery&refresh_token=${refresh_token}&access_token=eyJhIjoxfQ.${payload}.AAAA`,
  );
  await page.getByText(`You are signed in as ${OAK}.`).waitFor();
  await page.getByRole('button', { name: 'Not now' }).click();
  await card(page, 'stripe').waitFor();
  assert.equal(page.url().includes('#'), false);
  await page.context().close();
});

test('a link of which nothing answers is not called too old', async () => {
  const page = await newPage(browser);
  await page.route(/auth\/v1\/user/, (route) => route.abort());
  const payload = Buffer.from(JSON.stringify({ exp: 4e9 })).toString('base64url');
  const address = `${stack.state.urls.dashboard}#type=recovery&refresh_token=r&access_token=`;
  await page.goto(`${address}eyJhIjoxfQ.${payload}.AAAA`);
  await page.getByRole('alert').getByText('could not be looked at').waitFor();
  await page.unroute(/auth\/v1\/user/);
  // Nobody puts words into the page's mouth.
  await page.goto('about:blank');
  await page.goto(`${address}AAAA.AAAA.AAAA&problem=Call+1+555+0100`);
  await page.getByRole('alert').getByText('could not be looked at').waitFor();
  assert.equal(await page.getByText('555').count(), 0);
  for (const [token, words] of [
    [`eyJhIjoxfQ.${payload}.AAAA`, 'too old or was used before'],
    ['AAAA.AAAA.AAAA', 'could not be looked at'], // spoilt on its way
  ]) {
    await page.goto('about:blank');
    await page.goto(address + token);
    await page.getByRole('alert').getByText(words).waitFor();
  }
  await page.context().close();
});

test('an address without an account is answered like one with, and none is asked for', async () => {
  const page = await newPage(browser);
  await page.goto(stack.state.urls.dashboard);
  const asked = [];
  page.on('request', (request) => /recover/.test(request.url()) && asked.push(request));
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await settled(page);
  assert.equal(asked.length, 0);
  await page.getByLabel('E-mail').fill('nobody@fern-studio.example');
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByText('If nobody@fern-studio.example has an account').waitFor();
  await page.route(/auth\/v1\/recover/, async (route) => {
    await page.getByLabel('E-mail').fill(FERN); // while it is answered
    await route.continue();
  });
  await page.getByLabel('E-mail').fill('nobody@oak-bakery.example');
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByText('If nobody@oak-bakery.example has an account').waitFor();
  await fillSignIn(page, userOf(stack, VIEWER));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(
    await page.getByText('has an account').isVisible(),
    false,
    'whoever comes next asked for none',
  );
  await page.getByLabel('E-mail').fill('nobody@oak-bakery.example');
  await page.route(/auth\/v1\/recover/, (route) =>
    route.fulfill({ status: 429, json: { code: 429, error_code: 'over_email_send_rate_limit', msg: 'no' } }),
  );
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByRole('alert').getByText('Too many mails').waitFor();
  assert.equal(await page.getByText('has an account').isVisible(), false);
  await page.context().close();
});
