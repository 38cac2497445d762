// What somebody needs who hears the page, enlarges it, has colours of their own, or lets it keep nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card, fillSignIn, newPage, screenshot, settled, signedIn, userOf } from './browser.mjs';
import { AGENCY, VIEWER, browser, stack, startSuite } from './suite.mjs';

startSuite('page-access');

const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.localName);
const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test('each screen has a title of its own, and a button that was busy has the focus again', async () => {
  const page = await newPage(browser);
  await page.goto(stack.state.urls.dashboard);
  await page.waitForFunction(() => document.title === 'Sign in · Integrations');
  await page.getByLabel('E-mail').fill(VIEWER);
  const asked = Promise.withResolvers();
  await page.route(/auth\/v1\/recover/, asked.resolve);
  await page.getByRole('button', { name: 'Forgot your password?' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Asking for a link', disabled: true }).waitFor();
  await (await asked.promise).fulfill({ status: 500, json: {} });
  await page.getByRole('alert').waitFor();
  assert.equal(await focused(page), 'forgotten');
  const described = await page.getByLabel('Password', { exact: true }).getAttribute('aria-describedby');
  assert.equal(
    await page.locator(`#${described}`).textContent(),
    await page.getByRole('alert').textContent(),
  );
  const { password } = userOf(stack, AGENCY);
  await page.getByLabel('E-mail').fill(AGENCY);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.title.startsWith('Integrations · '));
  await page.waitForFunction(() => document.activeElement.id === 'main');
  await page.locator('#mirror select').selectOption('oak-bakery');
  await page.waitForURL(/oak-bakery/);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForFunction(() => document.title === 'Sign in · Integrations');
  await page.goBack();
  await settled(page);
  assert.equal(await page.title(), 'Sign in · Integrations');
  await page.context().close();
});

test('who comes by a link hears what "Continue" uses, and how long a password is', async () => {
  const page = await newPage(browser);
  await page.goto(`${stack.state.urls.dashboard}/#token_hash=of_nobody&type=recovery`);
  const goOn = page.getByRole('button', { name: 'Continue', description: /works once\. It is used/ });
  await goOn.waitFor();
  assert.doesNotMatch(await page.locator('#signed-in-as').textContent(), /null/);
  assert.equal(await page.title(), 'Choose a password · Integrations');
  assert.match(await page.locator('#password-words').textContent(), /at least 8 characters/);
  await page.context().close();
});

test('a window of 320 pixels holds a long address, and without a canvas a long name', async () => {
  const page = await newPage(browser, { width: 320, height: 640, forcedColors: 'active' });
  await page.goto(stack.state.urls.dashboard);
  const email = 'm.schwarzenberger@oberammergau-praxis.example';
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByText(`If ${email} has an account`).waitFor();
  assert.equal(await overflow(page), 0);
  const name = 'Gemeinschaftspraxis für Zahnheilkunde und Kieferorthopädie Schwarzenberger und Oberammergau';
  await stack.query(`update workspaces set name = $1 where slug = 'oak-bakery'`, [name]);
  await fillSignIn(page, userOf(stack, AGENCY));
  await page.locator('html.plain option', { hasText: name }).waitFor({ state: 'attached' });
  assert.equal(await overflow(page), 0);
  await page.context().close();
});

test('colours that a person forces are taken: by the form, and by cards that are shown plainly', async () => {
  const page = await newPage(browser, { forcedColors: 'active' });
  await page.goto(stack.state.urls.dashboard);
  const button = page.getByRole('button', { name: 'Sign in' });
  const border = await button.evaluate((one) => getComputedStyle(one).borderTopColor);
  assert.notEqual(border, 'rgba(0, 0, 0, 0)');
  await fillSignIn(page, userOf(stack, VIEWER));
  await page.locator('html.plain').waitFor();
  await card(page, 'stripe').waitFor();
  const filter = page.getByRole('button', { name: 'Social' });
  const outline = () => filter.evaluate((one) => getComputedStyle(one).outlineStyle);
  assert.equal(await outline(), 'none');
  await filter.click();
  await page.waitForFunction(() => document.querySelectorAll('article').length === 1);
  await page.mouse.move(0, 0);
  await page.locator('#main').focus();
  assert.equal(await outline(), 'solid');
  await filter.focus();
  await page.keyboard.press('Shift');
  assert.equal(await outline(), 'auto', 'as the browser shows the focus');
  await screenshot(page, 'forced-colours');
  await page.emulateMedia({ forcedColors: 'none' });
  await page.locator('html:not(.plain)').waitFor();
  await settled(page);
  await page.context().close();
});

test('what a badge explains can be read through while it is opened', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const badge = card(page, 'stripe').getByRole('button', { name: 'Active' });
  const why = page.locator('[id="why:stripe"]');
  assert.equal(await why.getAttribute('hidden'), '');
  await badge.focus();
  await page.keyboard.press('Enter');
  await page.locator('[id="badge:stripe"][aria-expanded=true]').waitFor();
  assert.equal(await why.getAttribute('hidden'), null);
  assert.ok((await why.boundingBox()).width > 100);
  assert.equal(await badge.evaluate((one) => one.nextElementSibling.id), 'why:stripe', 'the next thing');
  await page.keyboard.press('Escape');
  await page.locator('[id="why:stripe"][hidden]').waitFor({ state: 'attached' });
  await page.context().close();
});

test('a browser that refuses its storage shows the cards, and remembers nothing', async () => {
  const page = await newPage(browser);
  await page.addInitScript(() => {
    for (const name of ['getItem', 'setItem', 'removeItem'])
      Storage.prototype[name] = () => {
        throw new Error('refused');
      };
    window.BroadcastChannel = class {
      constructor() {
        throw new Error('refused'); // as in Firefox, together with the storage
      }
    };
  });
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await card(page, 'stripe').waitFor();
  await page.context().close();
});
