// How the page looks, for people to open: .dev/screens.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { NORTHWIND, testStack, untilRested } from '../e2e/harness.mjs';
import { launch, screenshot, signedIn } from './browser.mjs';

const AGENCY = 'agency@webfluentia.example';

let stack, browser;

before(async () => {
  browser = await launch();
  stack = await testStack('pictures');
  await stack.tick();
  await untilRested(stack);
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

for (const colorScheme of ['light', 'dark']) {
  for (const [width, height] of [
    [360, 740],
    [1280, 900],
    [1920, 1080],
  ]) {
    test(`picture: ${width} px, ${colorScheme}`, async () => {
      const path = `w/${NORTHWIND}/integrations`;
      const page = await signedIn(browser, stack, AGENCY, { path, width, height, colorScheme });
      await page.locator('#link', { hasText: 'live' }).waitFor();
      await screenshot(page, `integrations-${width}-${colorScheme}`);
      assert.deepEqual(page.problems, []);
      await page.context().close();
    });
  }
}

test('picture: each badge of the demo agency, and an explanation', async () => {
  for (const slug of ['oak-bakery', 'fern-studio', 'harbor-yoga']) {
    const page = await signedIn(browser, stack, AGENCY, { path: `w/${slug}/integrations` });
    if (slug === 'oak-bakery') await page.locator('[id="badge:stripe"]').hover();
    await screenshot(page, `workspace-${slug}`);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  }
});
