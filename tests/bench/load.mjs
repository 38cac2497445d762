// From opening the page, signed in and with an empty cache, to the first cards: over networks of several kinds, with the
// page.js as built against another build of it. See scripts/bench and docs/benchmarks.md.
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { ROOT } from '../../scripts/local/wrangler.mjs';
import { testStack, untilRested } from '../e2e/harness.mjs';
import { launch, newPage, signedIn } from '../page/browser.mjs';
import { interval, spread } from './spread.mjs';

const { values: options } = parseArgs({
  options: { load: { type: 'string' }, rounds: { type: 'string', default: '20' } },
});
const MBIT = 1e6 / 8;
// Of Chromium's developer tools, and a line at home.
const NETWORKS = {
  'slow 4G': { latency: 150, throughput: 1.6 * MBIT },
  'fast 4G': { latency: 60, throughput: 9 * MBIT },
  DSL: { latency: 20, throughput: 16 * MBIT },
};
const OTHER = '/app/page_other.js';
const SIDES = { built: '/app/page.js', other: OTHER };

/** @returns {Promise<number>} ms */
async function firstCards(browser, { url, storageState, script, latency, throughput }) {
  const page = await newPage(browser, { storageState });
  const isPage = ({ pathname }) => pathname === '/' || pathname.startsWith('/w/');
  await page.route(isPage, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace('/app/page.js', script) });
  });
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', {
    ...{ offline: false, latency, downloadThroughput: throughput, uploadThroughput: throughput },
  });
  const started = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.locator('article').first().waitFor();
  const ms = performance.now() - started;
  await page.context().close();
  return ms;
}

// A document that a test fulfils is none of this machine's to Chromium, and may not ask what is.
const browser = await launch([
  '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
]);
let stack;
try {
  copyFileSync(options.load, join(ROOT, 'public', OTHER)); // what is served is listed when the stack starts
  stack = await testStack('bench-load');
  await stack.tick();
  await untilRested(stack);
  const url = stack.state.urls.dashboard;
  const first = await signedIn(browser, stack, 'agency@webfluentia.example');
  const storageState = await first.context().storageState();
  for (const [name, network] of Object.entries(NETWORKS)) {
    const took = { built: [], other: [] };
    for (let round = 0; round < Number(options.rounds); round++)
      for (const side of round % 2 ? ['other', 'built'] : ['built', 'other'])
        took[side].push(await firstCards(browser, { url, storageState, script: SIDES[side], ...network }));
    const more = took.built.map((ms, i) => ms - took.other[i]);
    const [from, to] = interval(more).map(Math.round);
    console.log(
      `${name}: ${Math.round(spread(took.built).median)} ms, the other ${Math.round(spread(took.other).median)}; ` +
        `by round ${Math.round(spread(more).median)} (${from} to ${to})`,
    );
  }
} finally {
  rmSync(join(ROOT, 'public', OTHER), { force: true });
  await browser.close();
  await stack?.stop();
}
