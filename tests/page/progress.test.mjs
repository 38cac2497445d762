// A first sync that takes its time: the card counts along while it runs. Then one that somebody asks for.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { NORTHWIND, count, fault, testStack, until, untilRested } from '../e2e/harness.mjs';
import { card, launch, screenshot, settled, shown, signedIn } from './browser.mjs';

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

test('who may write asks for a sync on the card, and hears what comes of it', async () => {
  await untilRested(stack, 120_000);
  const asked = () => count(stack, 'sync_runs', `cause = 'manual' and service = 'stripe'`);
  const viewer = await signedIn(browser, stack, `viewer@${NORTHWIND}.example`);
  await viewer.locator('#link', { hasText: 'live' }).waitFor();
  assert.equal(await viewer.getByRole('button', { name: /^Sync/ }).count(), 0);
  await viewer.context().close();

  const page = await signedIn(browser, stack, `manager@${NORTHWIND}.example`);
  const syncs = page.getByRole('button', { name: /^Sync/ });
  await syncs.first().waitFor();
  assert.deepEqual(await syncs.evaluateAll((all) => all.map(({ id }) => id).sort()), [
    'sync:cloudflare',
    'sync:google_ads',
    'sync:meta',
    'sync:stripe',
  ]);
  const button = page.getByRole('button', { name: 'Sync Stripe now' });
  await button.hover();
  await screenshot(page, 'sync-button');
  await button.press('Enter');
  const answer = card(page, 'stripe').getByRole('status');
  await shown(page, answer.getByText('A sync begins within seconds.'));
  assert.equal(await page.evaluate(() => document.activeElement.id), 'sync:stripe');
  await until('its runs', asked);
  await shown(page, page.locator('[id="state:stripe"]').getByText(/^syncing/));
  await button.click(); // and the sync is still slow
  await shown(page, answer.getByText('A sync of this is under way'));
  await screenshot(page, 'sync-refused');
  assert.deepEqual(
    page.problems.filter((problem) => !/409/.test(problem)),
    [],
  );

  await page.route(/\/api\//, (route) => route.abort());
  await page.getByRole('button', { name: 'Sync Meta Graph API now' }).click();
  await shown(page, card(page, 'meta').getByText('Nothing answers.'));
  await shown(page, card(page, 'meta').getByText(/^Last sync/)); // again after a while
  await page.context().close();
});

test('that a sync begins is told no longer than until it has ended, and then how', async () => {
  await untilRested(stack, 120_000);
  const page = await signedIn(browser, stack, `manager@${NORTHWIND}.example`);
  await page.locator('#link', { hasText: 'live' }).waitFor();
  // No answer goes by itself.
  await page.evaluate(() => {
    const { setTimeout } = window;
    window.setTimeout = (run, ms) => (ms >= 5000 ? 0 : setTimeout(run, ms));
  });
  await page.getByRole('button', { name: 'Sync Cloudflare now' }).click();
  await shown(page, card(page, 'cloudflare').getByText('A sync begins within seconds.'));
  page.setDefaultTimeout(120_000);
  const answer = card(page, 'cloudflare').getByRole('status');
  await shown(page, answer.getByText(/^Sync ended: (fresh|provisional)/)); // also to who only hears it
  await shown(page, card(page, 'cloudflare').getByText(/^Last sync/));
  await page.context().close();
});

test('of two answers the later question’s is told, and none in another workspace', async () => {
  const path = `w/${NORTHWIND}/integrations`;
  const page = await signedIn(browser, stack, 'agency@webfluentia.example', { path });
  const asked = [];
  await page.route(/\/api\//, (route) => asked.push(route));
  const ask = async (times) => {
    await page.getByRole('button', { name: 'Sync Stripe now' }).click();
    await until('it is asked', () => asked.length === times);
  };
  const answer = async (route, title) => {
    await route.fulfill({ status: 409, json: { title } });
    await settled(page);
  };
  await ask(1);
  await ask(2);
  await answer(asked[1], 'The second');
  await shown(page, card(page, 'stripe').getByText('The second'));
  await answer(asked[0], 'The first');
  assert.equal(await page.getByText('The first').count(), 0);
  await ask(3);
  await page.getByRole('combobox', { name: 'Workspace' }).selectOption('oak-bakery');
  await page.waitForURL(/oak-bakery/);
  await card(page, 'stripe').waitFor();
  await answer(asked[2], 'The third');
  assert.equal(await page.getByText('The third').count(), 0);
  await page.context().close();
});
