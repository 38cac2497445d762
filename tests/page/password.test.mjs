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

/** The link of the newest mail to `email`, as its reader would follow it. */
async function linkTo(email) {
  const log = join(stack.dir, 'logs', 'services.log');
  return until(`a mail to ${email}`, () => {
    const mails = readFileSync(log, 'utf8').split('mail to ').slice(1);
    const newest = mails.findLast((mail) => mail.startsWith(`${email}:`));
    return newest?.match(/http\S+verify\S+/)?.[0];
  });
}

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
  await page.goto(link);
  await page.getByRole('heading', { name: 'Choose a password' }).waitFor();
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
  await again.getByRole('alert').getByText('too old or was used before').waitFor();
  assert.equal(again.url(), stack.state.urls.dashboard);
  await again.context().close();
});

test('who is invited chooses a password first; tokens of any other link let nobody in', async () => {
  const page = await newPage(browser);
  await page.goto(stack.state.urls.dashboard);
  for (const email of [VIEWER, AGENCY]) {
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('button', { name: 'Forgot your password?' }).click();
    await page.getByText(`If ${email} has an account`).waitFor();
  }
  const reply = await fetch(await linkTo(VIEWER), { redirect: 'manual' });
  const link = reply.headers.get('location');
  await page.goto(link.replace('type=recovery', 'type=magiclink'));
  await page.reload(); // another fragment alone loads nothing
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('webfluentia.session')), null);

  await page.goto('about:blank');
  await page.goto(link.replace('type=recovery', 'type=invite'));
  await page.getByRole('heading', { name: 'Choose a password' }).waitFor();
  await page.route(/auth\/v1\/user/, (route) =>
    route.fulfill({ status: 403, json: { code: 403, error_code: 'session_not_found', msg: 'gone' } }),
  );
  await choose(page, randomUUID());
  await page.getByRole('alert').getByText('You are signed out').waitFor();
  await page.unroute(/auth\/v1\/user/);
  // Whoever comes in another tab is not asked here: what was typed was for somebody else.
  const other = await page.context().newPage();
  await other.goto(await linkTo(AGENCY));
  await other.getByRole('heading', { name: 'Choose a password' }).waitFor();
  await page.getByRole('heading', { name: 'Integrations' }).waitFor();
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
