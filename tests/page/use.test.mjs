// How the Integrations tab is used: by keyboard, pointer, touch and screen reader.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  card,
  cards,
  countFrames,
  newPage,
  fillSignIn,
  pixels,
  screenshot,
  settled,
  signedIn,
  userOf,
  watch,
} from './browser.mjs';
import { VIEWER, browser, stack, startSuite } from './suite.mjs';

const HOUR_MS = 3_600_000;

startSuite('page-use');

test('filtering works by keyboard alone', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const all = Object.keys(await cards(page)).length;
  await page.keyboard.press('Control+k');
  await page.keyboard.type('payment links');
  await page.waitForFunction(() => document.querySelectorAll('article').length === 1);
  assert.deepEqual(Object.keys(await cards(page)), ['stripe']);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('no such thing');
  await page.getByRole('heading', { name: 'No service matches' }).waitFor();
  await page.getByRole('button', { name: 'Show all services' }).press('Enter');
  await page.waitForFunction((count) => document.querySelectorAll('article').length === count, all);
  await page.waitForFunction(() => document.activeElement.id === 'search');

  const social = page.getByRole('button', { name: 'Social' });
  for (let i = 0; i < 12 && (await page.evaluate(() => document.activeElement.textContent)) !== 'Social'; i++)
    await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelectorAll('article').length === 1);
  assert.equal(await social.getAttribute('aria-pressed'), 'true');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Social', 'the focus stays');
  await page.context().close();
});

test('a focused badge explains itself, to the eye and to a screen reader', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const badge = card(page, 'stripe').getByRole('button', { name: 'Active' });
  const description = await badge.evaluate(
    (button) => document.getElementById(button.getAttribute('aria-describedby')).textContent,
  );
  assert.match(description, /Keys: .*required present/);
  assert.match(description, /Charges: last success/);
  const before = await countFrames(page);
  await badge.focus();
  await settled(page);
  assert.ok((await countFrames(page)) > before, 'the explanation was drawn');
  await page.keyboard.press('Enter');
  await page.locator('[id="badge:stripe"][aria-expanded=true]').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('[id="badge:stripe"][aria-expanded=false]').waitFor();
  await page.locator('[id="explanation:stripe"]').waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.id), 'badge:stripe', 'sent away, focus kept');
  await page.keyboard.press('Enter');
  await page.locator('[id="explanation:stripe"]').waitFor({ state: 'attached' });
  await page.context().close();
});

test('what a card draws is told in words where it is pointed at or has the focus', async () => {
  const day = (back) => new Date(Date.now() - back * 24 * HOUR_MS).toISOString().slice(0, 10);
  const days = Array.from({ length: 30 }, (_, back) => ({
    service: 'stripe',
    day: day(back),
    rows: 100 + ((back * 37) % 50),
    succeeded: 1,
    failed: back === 4 ? 1 : 0,
  }));
  const page = await newPage(browser);
  await page.route(/rpc\/service_daily/, (route) => route.fulfill({ json: days }));
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  const strip = page.locator('[id="days:stripe"][aria-label*="1 mixed"]');
  await strip.waitFor();
  // Above it is the line of the last event, whose age changes by the hour then.
  await page.evaluate((ms) => window.webfluentia.setClock(ms), Date.now() + HOUR_MS * 1.5);
  await settled(page);
  const { x, y, width } = await strip.boundingBox();
  const above = watch(page, { x, y: y - 31, width, height: 20 });
  await page.mouse.move(4, 4);
  await screenshot(page, 'card-plain');
  const top = await pixels(page, { x, y: y + 1, width, height: 1 });
  const coloured = top.filter(([r, g, b]) => Math.max(r, g, b) - Math.min(r, g, b) > 60);
  assert.ok(
    Math.abs(coloured.length - width / 30) < 4,
    `one day is higher: ${coloured.length} of ${width} px`,
  );
  const before = await above.atRest();
  await strip.hover();
  await screenshot(page, 'card-tip');
  await above.leaves(before, 'a panel above the thirty days');
  await page.mouse.move(4, 4);
  await screenshot(page, 'card-plain');
  await above.becomes(before, 'which goes when nothing is pointed at');
  await page.locator('[id="badge:stripe"]').focus();
  for (const id of ['activity:stripe', 'days:stripe']) {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), id);
  }
  await screenshot(page, 'card-focus');
  await above.leaves(before, 'the same by keyboard');
  await page.keyboard.press('Escape');
  await screenshot(page, 'card-plain');
  await above.becomes(before, 'until it is sent away');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'days:stripe');
  await page.getByRole('searchbox').focus(); // which is seen to have it, and says nothing
  const plain = await above.atRest();
  await strip.hover();
  await above.leaves(plain, 'a tip at the mouse');
  await page.keyboard.press('Escape');
  await above.becomes(plain, 'also what the mouse rests on while the focus is elsewhere');
  await page.context().close();
});

test('on a phone a touch tells what a strip shows, and another one takes it away', async () => {
  const page = await signedIn(browser, stack, VIEWER, { width: 390, height: 844 });
  const strip = page.locator('[id="days:stripe"]');
  await strip.scrollIntoViewIfNeeded();
  const { x, y, width } = await strip.boundingBox();
  const above = watch(page, { x, y: y - 31, width, height: 20 });
  await settled(page);
  const before = await above.atRest();
  await strip.tap();
  await screenshot(page, 'phone-tip');
  await above.leaves(before, 'a tip at the touch');
  await page.touchscreen.tap(2, 400);
  await screenshot(page, 'phone-plain');
  await above.becomes(before, 'no tip any more');
  await page.context().close();
});

test('on a phone a long tip ends where the window does', async () => {
  const page = await newPage(browser, { width: 360, height: 740, colorScheme: 'light' });
  const days = Array.from({ length: 30 }, (_, back) => ({
    service: 'stripe',
    day: new Date(Date.now() - back * 24 * HOUR_MS).toISOString().slice(0, 10),
    rows: 9_876_543_210_123,
    succeeded: 1,
    failed: 1,
  }));
  await page.route(/rpc\/service_daily/, (route) => route.fulfill({ json: days }));
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  const strip = page.locator('[id="days:stripe"][aria-label*="mixed"]');
  await strip.waitFor();
  await strip.scrollIntoViewIfNeeded();
  const { y } = await strip.boundingBox();
  // Beside the cards, and above the strip: the ground, or a shadow on it, but never the panel's white.
  const edge = () => pixels(page, { x: 354, y: y - 30, width: 6, height: 20 });
  const before = await edge();
  await strip.tap();
  await screenshot(page, 'phone-long-tip');
  const after = await edge();
  assert.notDeepEqual(after, before, 'the shadow of the tip');
  assert.deepEqual(
    after.filter(([red]) => red > 250),
    [],
    'the tip itself',
  );
  await page.context().close();
});

test('an explanation that was left open gives way to that of the badge with the focus', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const panel = (service) => page.locator(`[id="explanation:${service}"]`);
  await page.locator('[id="badge:supabase"]').press('Enter');
  await panel('supabase').waitFor({ state: 'attached' });
  await page.locator('[id="badge:stripe"]').focus();
  await panel('stripe').waitFor({ state: 'attached' });
  assert.equal(await panel('supabase').count(), 0);
  await page.locator('[id="badge:google_ads"]').hover();
  await panel('google_ads').waitFor({ state: 'attached' });
  assert.equal(await panel('stripe').count(), 0, 'and both to what is pointed at');
  await page.mouse.move(4, 4);
  await panel('stripe').waitFor({ state: 'attached' });
  await page.context().close();
});

test('the search is found by its keys on a keyboard of another alphabet', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.evaluate(() =>
    document.body.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'л', code: 'KeyK', ctrlKey: true, bubbles: true }),
    ),
  );
  await page.waitForFunction(() => document.activeElement.id === 'search');
  // What a password manager fills in comes as a key without a name.
  await page.evaluate(() => document.body.dispatchEvent(new Event('keydown', { bubbles: true })));
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('on a phone what is searched for does not stand on the bar on top when it is scrolled below it', async () => {
  const page = await signedIn(browser, stack, VIEWER, { width: 360, height: 640 });
  const search = page.getByRole('searchbox');
  await search.fill('a');
  const isSeen = () => search.evaluate((field) => getComputedStyle(field).color !== 'rgba(0, 0, 0, 0)');
  assert.equal(await isSeen(), true);
  await page.evaluate(() => window.scrollTo(0, 110));
  await page.locator('#search[data-covered]').waitFor({ state: 'attached' });
  assert.equal(await isSeen(), false);
  await screenshot(page, 'search-below-bar');
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.locator('#search:not([data-covered])').waitFor({ state: 'attached' });
  assert.equal(await isSeen(), true);
  await page.context().close();
});

test('how many are left of a search is said to those who do not see it', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const said = page.locator('#found[role=status]');
  await said.waitFor({ state: 'attached' });
  assert.equal(await said.textContent(), '');
  await page.getByRole('searchbox').fill('stripe');
  await page.locator('#found', { hasText: /^1 of \d shown$/ }).waitFor({ state: 'attached' });
  await page.getByRole('searchbox').fill('no such thing');
  await page.locator('#found', { hasText: /^0 of \d shown$/ }).waitFor({ state: 'attached' });
  await page.locator('[role=status] #instead-text', { hasText: 'only hidden' }).waitFor();
  await page.context().close();
});

test('an explanation stays while it is pointed at, and nothing is pressed through it', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const panel = page.locator('[id="explanation:stripe"]');
  await page.locator('[id="badge:stripe"]').hover();
  await panel.waitFor({ state: 'attached' });
  const { x, y, width, height } = await panel.boundingBox();
  for (let step = 1; step <= 6; step++) {
    await page.mouse.move(x + width / 2, y + (height * step) / 7);
    await settled(page);
    assert.equal(await panel.count(), 1, `step ${step}`);
  }
  await page.mouse.move(4, 4);
  await panel.waitFor({ state: 'detached' });
  await page.locator('[id="badge:stripe"]').click();
  await panel.waitFor({ state: 'attached' });
  const hit = await page.evaluate(
    (point) => document.elementFromPoint(...point)?.id,
    [x + width / 2, y + height - 10],
  );
  assert.equal(hit, 'explanation:stripe');
  await page.mouse.click(x + width / 2, y + height - 10);
  await settled(page);
  assert.equal(await panel.count(), 1, 'a click on it leaves it open');
  await page.context().close();
});

for (const [width, height, how] of [
  [360, 480, 'tap'],
  [1280, 500, 'hover'],
  [1280, 500, 'focus'],
]) {
  test(`the end of a long explanation is reached in a low window: ${width}x${height}, ${how}`, async () => {
    const page = await newPage(browser, { width, height });
    await page.route(/service_facts/, async (route) => {
      const response = await route.fetch();
      const failed = { failure_kind: 'provider', failures: 4, failure_final: true, failed_at: new Date() };
      const failure_message = 'answered 500 with a page of HTML where the rows of this list were expected';
      const json = (await response.json()).map((row) =>
        row.stream && row.service === 'stripe' ? { ...row, ...failed, failure_message } : row,
      );
      await route.fulfill({ response, json });
    });
    await page.goto(stack.state.urls.dashboard);
    await fillSignIn(page, userOf(stack, VIEWER));
    await card(page, 'stripe').and(page.locator('[data-status=error]')).waitFor();
    const badge = page.locator('[id="badge:stripe"]');
    if (how === 'focus') await page.keyboard.press('Tab'); // the keyboard is in use
    await badge[how]();
    const panel = page.locator('[id="explanation:stripe"]');
    await panel.waitFor({ state: 'attached' });
    await settled(page);
    await screenshot(page, `explanation-${width}x${height}-${how}`);
    const end = async () => {
      await settled(page);
      const { y, height } = await panel.boundingBox();
      return y + height;
    };
    assert.ok((await end()) > height, 'else there is nothing to reach');
    if (width > 1000) assert.ok((await panel.boundingBox()).width > 400, 'it is wider first');
    // A key that is pressed while the page still moves may be lost.
    for (let step = 0; step < 100 && (await end()) > height; step++) {
      if (how === 'hover') await page.mouse.wheel(0, 20);
      else if (how === 'focus') await page.keyboard.press('ArrowDown');
      else await page.evaluate(() => scrollBy(0, 20));
    }
    assert.ok((await end()) <= height, `its end is at ${await end()} px`);
    await screenshot(page, `explanation-${width}x${height}-${how}-end`);
    await page.context().close();
  });
}

test('on a phone an explanation does not lie on the bar on top, whose buttons would be pressed through it', async () => {
  const page = await signedIn(browser, stack, VIEWER, { width: 360, height: 740 });
  const badge = page.locator('[id="badge:cloudflare"]');
  await badge.tap();
  const panel = page.locator('[id="explanation:cloudflare"]');
  await panel.waitFor({ state: 'attached' });
  const bar = await page.locator('#nav').boundingBox();
  let isAbove = false;
  for (let at = 100; at < 700; at += 20) {
    await badge.evaluate((button, y) => scrollBy(0, button.getBoundingClientRect().y - y), at);
    await settled(page);
    const [{ y }, anchor] = [await panel.boundingBox(), await badge.boundingBox()];
    assert.ok(y >= bar.height, `at ${y} with its badge at ${anchor.y}`);
    isAbove ||= y < anchor.y;
  }
  assert.ok(isAbove, 'it hangs above its badge somewhere');
  await page.context().close();
});
