// A first sync that takes its time: the card counts along while it runs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { NORTHWIND, fault, testStack } from '../e2e/harness.mjs';
import { launch, shown, signedIn } from './browser.mjs';

// Of some twenty requests: the page is there before the last.
const DELAY_MS = 1000;

let stack, browser;

before(async () => {
  browser = await launch();
  stack = await testStack('progress');
  await fault(stack, { fault: 'slow', delay_ms: DELAY_MS });
  await stack.tick();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

test('the card of a first sync counts its streams without a reload, and turns green at the end', async () => {
  const page = await signedIn(browser, stack, `viewer@${NORTHWIND}.example`);
  page.setDefaultTimeout(120_000);
  await shown(page, page.locator('[id="state:stripe"]').getByText(/^syncing \(\d+ of \d+/));
  // A reload would lose the list.
  await page.evaluate(() => {
    window.states = [];
    const look = () => {
      const state = document.getElementById('state:stripe').textContent;
      if (state !== window.states.at(-1)) window.states.push(state);
    };
    look();
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  await shown(page, page.locator('article[data-service=stripe][data-status=active]'));
  const states = await page.evaluate(() => window.states);
  const told = states.join('\n');
  const counts = states
    .map((state) => /^syncing \((\d+) of (\d+)/.exec(state)?.slice(1).map(Number))
    .filter(Boolean);
  const [[first, total]] = counts;
  assert.ok(counts.at(-1)[0] > first, told);
  for (const [i, [done, of]] of counts.entries()) {
    assert.equal(of, total, told);
    assert.ok(done < total && done >= (counts[i - 1]?.[0] ?? 0), told);
  }
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
