// What is drawn when things are not as they should be, and what everybody can use: unreadable settings,
// nothing to show, no WebGL2, a lost context, accessibility.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { CLIENT, NORTHWIND, untilRested } from '../e2e/harness.mjs';
import {
  card,
  cards,
  coloursDrawn,
  fillSignIn,
  launch,
  newPage,
  screenshot,
  settled,
  signedIn,
  userOf,
} from './browser.mjs';
import { AGENCY, VIEWER, browser, stack, startSuite } from './suite.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

startSuite('page-states');

/** What the Worker's detection says of a workspace whose bundle is no JSON object. */
function unreadableBundle(slug, problem) {
  const p = { workspaces: [{ client_id: CLIENT[slug], problem, services: [] }] };
  return stack.query('select public.record_detection($1)', [p]);
}

async function violations(page) {
  await page.evaluate(AXE);
  // The mirror's text is transparent on purpose: its contrast is that of what is drawn, which
  // tests/web-ui/theme_test.cpp checks.
  const { violations: found } = await page.evaluate(() =>
    window.axe.run(document, {
      rules: { 'color-contrast': { enabled: document.querySelector('article') === null } },
    }),
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

test('axe finds nothing, by a link, signed out and signed in', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await newPage(browser, { colorScheme });
    await page.goto(`${stack.state.urls.dashboard}#token_hash=a&type=invite`);
    await page.getByRole('button', { name: 'Continue' }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole('button', { name: 'Not now' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.deepEqual(await violations(page), []);
    await screenshot(page, `sign-in-${colorScheme}`);
    await fillSignIn(page, userOf(stack, AGENCY));
    await card(page, 'stripe').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.context().close();
  }
});

test('a bundle that cannot be read is on each card that needs it, with its kind and the next step', async (t) => {
  const problem = 'WORKSPACE_NORTHWIND_DENTAL is not a JSON object';
  // The next detection finds the bundles as they are; this test may have failed by then.
  t.after(async () => {
    await stack.tick();
    await untilRested(stack);
  });
  const page = await signedIn(browser, stack, AGENCY, { path: `w/${NORTHWIND}/integrations` });
  await card(page, 'stripe').and(page.locator('[data-status=active]')).waitFor();
  await unreadableBundle(NORTHWIND, problem);
  await page.reload();
  await card(page, 'stripe').and(page.locator('[data-status=error]')).waitFor();
  for (const service of ['stripe', 'google_ads', 'meta', 'cloudflare']) {
    const text = await card(page, service).textContent();
    assert.match(text, /configuration unreadable/, service);
    assert.match(text, /Agency: Correct the settings of this workspace/, service);
    assert.match(text, new RegExp(problem), service);
  }
  // The agency's own keys are not in the bundle.
  assert.equal((await cards(page)).supabase, 'active');
  assert.match(await page.locator('#configuration').textContent(), new RegExp(`cannot be read: ${problem}$`));
  await screenshot(page, 'unreadable-bundle');

  await stack.query('delete from service_facts where client_id = $1', [CLIENT['fern-studio']]);
  await unreadableBundle('fern-studio', 'WORKSPACE_FERN_STUDIO is not a JSON object');
  await page.goto(`${stack.state.urls.dashboard}w/fern-studio/integrations`);
  await page.getByRole('heading', { name: 'The settings cannot be read' }).waitFor();
  assert.match(await page.locator('#summary').textContent(), /not known/);
  await screenshot(page, 'unreadable-bundle-no-cards');
  await page.context().close();
});

const tablet = { width: 1180, height: 820, hasTouch: true, isMobile: true };
for (const [device, size] of Object.entries({ phone: { width: 360, height: 740 }, tablet }))
  test(`axe finds nothing on a ${device}, and every target is large enough for a finger`, async () => {
    const page = await signedIn(browser, stack, AGENCY, size);
    assert.deepEqual(await violations(page), []);
    const small = await page.locator('#mirror :is(button, select, input)').evaluateAll((targets) =>
      targets
        .map((target) => ({ id: target.id, box: target.getBoundingClientRect() }))
        .filter(({ box }) => box.height < 44 || box.width < 40)
        .map(({ id, box }) => `${id} ${box.width}x${box.height}`),
    );
    assert.deepEqual(small, []);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, size.width, 'nothing sticks out');
    await screenshot(page, `touched-${device}`);
    await page.context().close();
  });

test('loading, an empty workspace and no workspace are drawn on purpose', async () => {
  const page = await newPage(browser);
  let answer;
  const slow = new Promise((resolve) => (answer = resolve));
  await page.route(/rest\/v1\/service_facts/, async (route) => {
    await slow;
    await route.fulfill({ json: [] });
  });
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await page.getByText('Loading the services').waitFor();
  await screenshot(page, 'loading');
  const { y: expected } = await page.locator('#loading').boundingBox();
  answer();
  await page.getByRole('heading', { name: 'No service is configured yet' }).waitFor();
  await screenshot(page, 'empty');
  await page.context().close();

  const other = await newPage(browser);
  await other.route(/rest\/v1\/workspaces/, (route) => route.fulfill({ json: [] }));
  await other.goto(stack.state.urls.dashboard);
  await fillSignIn(other, userOf(stack, VIEWER));
  await other.getByRole('heading', { name: 'No workspace yet' }).waitFor();
  await screenshot(other, 'no-workspace');
  await other.unroute(/rest\/v1\/workspaces/); // they are given one
  await card(other, 'stripe').waitFor();
  const { y } = await other.locator('h2:not(#shortcuts)').first().boundingBox();
  assert.equal(y, expected, 'the cards come to stand where they were expected');
  await other.context().close();
});

test('a lost WebGL context comes back, and meanwhile the cards can be read', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.evaluate(() => {
    window.extension = document
      .getElementById('screen')
      .getContext('webgl2')
      .getExtension('WEBGL_lose_context');
    window.extension.loseContext();
  });
  await page.locator('html.plain').waitFor();
  assert.ok(await card(page, 'stripe').isVisible());
  await page.evaluate(() => window.extension.restoreContext());
  await page.locator('html:not(.plain)').waitFor();
  await settled(page);
  assert.ok((await coloursDrawn(page)) > 20, 'it is drawn again');
  await page.context().close();
});

test('an unusual day is one calm line on its card, with what it rests on', async () => {
  const path = `w/${NORTHWIND}/integrations`;
  const line = (page) => page.locator('[id="anomaly:supabase"]');
  const page = await newPage(browser);
  const series = () => page.waitForResponse(/rpc\/daily_series/);
  const first = series();
  await page.goto(stack.state.urls.dashboard + path);
  await fillSignIn(page, userOf(stack, AGENCY));
  assert.equal((await first).status(), 200);
  await settled(page);
  assert.equal(await line(page).count(), 0);

  await stack.query(
    `insert into probe_results (client_id, probe, subject, probed_at, ok, latency_ms, source_at)
     select $1, 'planted', '', now() - n * interval '1 day', true, case n when 5 then 900 else 20 + n % 3 end, now()
     from generate_series(2, 50) n`,
    [CLIENT[NORTHWIND]],
  );
  const second = series();
  await page.reload();
  await second;
  await line(page)
    .getByText(/^Probe latency \d+ times the usual on \d+ \w{3}$/)
    .waitFor();
  assert.match(
    await page.locator('[id="why:supabase"]').textContent(),
    /Unusual: Probe latency .*: 900 ms, usually [\d.]+ to [\d.]+ ms\./,
  );
  assert.equal((await cards(page)).supabase, 'active', 'a remark, not an alarm');
  await line(page).scrollIntoViewIfNeeded();
  await screenshot(page, 'anomaly');
  await page.setViewportSize({ width: 360, height: 740 });
  await line(page).scrollIntoViewIfNeeded();
  await screenshot(page, 'anomaly-phone');
  assert.deepEqual(page.problems, []);
  await page.context().close();
  await stack.query(`delete from probe_results where probe = 'planted'`);
});

test('a row that cannot be read is an error of its own card, and hides no other', async () => {
  const page = await newPage(browser);
  await page.route(/rest\/v1\/service_facts/, async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    for (const row of json) {
      if (row.service === 'google_ads' && row.stream === 'campaigns') row.last_success_at = 17;
      row.progress_done = 'half'; // no badge rests on it
    }
    await route.fulfill({ response, json });
  });
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, VIEWER));
  await card(page, 'google_ads').waitFor();
  const text = await card(page, 'google_ads').textContent();
  assert.match(text, /status unreadable/);
  assert.match(text, /Report it to the developers: this is a fault of the dashboard, not of Google Ads/);
  assert.match(text, /service_facts: last_success_at is a number, not a string/);
  const shown = await cards(page);
  assert.equal(shown.google_ads, 'error');
  assert.equal(shown.stripe, 'active');
  await screenshot(page, 'unreadable-row');
  await page.context().close();
});

test('a card that turns red goes to the top, and what is read on a phone stays where it is', async (t) => {
  const page = await signedIn(browser, stack, VIEWER, { width: 360, height: 740 });
  await page.locator('#link', { hasText: 'live' }).waitFor();
  const order = () => page.locator('article').evaluateAll((all) => all.map(({ dataset }) => dataset.service));
  const top = async () => Math.round((await card(page, 'google_ads').boundingBox()).y);
  const setFailure = (kind) =>
    stack.query(
      `update service_facts
       set failure_kind = $2::text, failure_final = $2 is not null, failures = case when $2 is null then 0 else 5 end,
           failed_at = case when $2 is not null then now() - interval '1 second' end
       where client_id = $1 and service = 'cloudflare' and stream <> ''`,
      [CLIENT[NORTHWIND], kind],
    );
  t.after(() => setFailure(null));
  assert.ok((await order()).indexOf('cloudflare') > (await order()).indexOf('google_ads'));
  await page.evaluate((down) => scrollBy(0, down), (await top()) - 100);
  await settled(page);
  assert.equal(await top(), 100);
  await setFailure('credentials');
  await page.locator('article[data-service=cloudflare][data-status=error]').waitFor();
  await settled(page);
  assert.equal((await order())[0], 'cloudflare');
  assert.equal(await top(), 100);
  await screenshot(page, 'read-on');
  await page.context().close();
});

test('without WebGL2 the same content stands there plainly', async (t) => {
  const plain = await launch(['--disable-webgl', '--disable-webgl2', '--disable-3d-apis']);
  t.after(() => plain.close());
  const page = await signedIn(plain, stack, VIEWER);
  await page.locator('html.plain').waitFor();
  const box = await card(page, 'stripe').boundingBox();
  assert.ok(box.height > 100);
  const color = await card(page, 'stripe')
    .locator('h3')
    .evaluate((h3) => getComputedStyle(h3).color);
  assert.notEqual(color, 'rgba(0, 0, 0, 0)');
  assert.deepEqual(await violations(page), []);
  const why = page.locator('[id="why:stripe"]');
  assert.equal(await why.isVisible(), false);
  await card(page, 'stripe').getByRole('button').click();
  await why.getByText('last success').waitFor();
  const signOut = page.getByRole('button', { name: 'Sign out' });
  assert.ok((await signOut.boundingBox()).width > 60, 'a word, not an empty button');
  const days = await page.locator('[id="days:stripe"]').boundingBox();
  assert.ok(days.height > 15, 'words, not an empty picture');
  await screenshot(page, 'plain');
});
