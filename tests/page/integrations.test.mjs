// The Integrations tab on the real stack: whose cards, and what changes them.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { CLIENT, NORTHWIND, until, webhookUrl } from '../e2e/harness.mjs';
import { secretForms } from '../e2e/secret_forms.mjs';
import { signed } from '../sandbox/stripe_webhook.mjs';
import {
  card,
  cards,
  countFrames,
  fillSignIn,
  newPage,
  screenshot,
  settled,
  shown,
  signedIn,
  userOf,
} from './browser.mjs';
import { AGENCY, VIEWER, browser, stack, startSuite } from './suite.mjs';

const HOUR_MS = 3_600_000;

startSuite('page');

const EVENT = new URL('../fixtures/stripe/events/', import.meta.url);

const redStripe = (page) => page.locator('article[data-service=stripe][data-status=error]');

/** A delivery as Stripe would send it, about an object of its own. */
async function deliver(slug) {
  const event = JSON.parse(readFileSync(new URL('charge_succeeded.json', EVENT), 'utf8'));
  event.id = `evt_${randomUUID().replaceAll('-', '')}`;
  event.created = Math.floor(Date.now() / 1000);
  event.data.object.id = `ch_${randomUUID().slice(0, 8)}`;
  const payload = JSON.stringify(event);
  const headers = signed({ payload, secret: stack.state.webhook_secrets[slug] });
  const reply = await fetch(webhookUrl(stack, slug), { method: 'POST', headers, body: payload });
  assert.equal(reply.status, 200);
}

// What the demo agency's set-up (scripts/local/demo.mjs) and one sync make of each workspace. Supabase and OpenAI
// are the agency's and everybody's; nobody has asked OpenAI for anything yet.
const BADGES = {
  [NORTHWIND]: {
    supabase: 'active',
    stripe: 'active',
    google_ads: 'active',
    meta: 'active',
    cloudflare: 'active',
    openai: 'inactive',
  },
  'harbor-yoga': {
    supabase: 'active',
    sendgrid: 'active',
    search_console: 'active',
    pagespeed: 'active',
    openai: 'inactive',
  },
  // Stripe refuses its key.
  'oak-bakery': { stripe: 'error', supabase: 'active', openai: 'inactive' },
  // A set-up that nobody finished: no secret key of Stripe's, no token of Meta's.
  'fern-studio': { supabase: 'active', stripe: 'inactive', meta: 'inactive', openai: 'inactive' },
};

// The words beside the badge. Google, Meta and SendGrid still revise their last days.
const WORDS = {
  supabase: /^(fresh|due)$/,
  stripe: /^fresh$/,
  google_ads: /^provisional until /,
  search_console: /^provisional until /,
  // At some hours its yesterday has ended long enough ago. No post of the recorded media list has a figure.
  meta: /^(fresh|provisional until [^·]+) · not given: figures of some posts$/,
  sendgrid: /^provisional until /,
  pagespeed: /^fresh$/,
  cloudflare: /^fresh · nothing found: R2 storage of archive$/, // what is recorded is of the other bucket
  openai: /^not used yet$/,
  'oak-bakery stripe': /^sign-in refused$/,
  'fern-studio stripe': /^missing: secret_key$/,
  'fern-studio meta': /^missing: access_token$/,
};

test('the cards are those of the workspace, worst first, and nobody else’s', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  assert.deepEqual(await cards(page), BADGES[NORTHWIND]);
  assert.match(await page.locator('[id="state:meta"]').textContent(), /^(fresh|provisional)/);

  const live = page.locator('[id="last-sync-text:supabase"]');
  await live.filter({ hasText: /^Live answers in \d+ ms$/ }).waitFor();

  const bodies = [];
  page.on('response', async (reply) => bodies.push(await reply.text().catch(() => '')));
  await page.goto(`${stack.state.urls.dashboard}w/harbor-yoga/integrations`);
  await page.getByRole('heading', { name: 'not yours to see' }).waitFor();
  assert.deepEqual(await cards(page), {});
  assert.ok(!bodies.join('').includes(CLIENT['harbor-yoga']), 'no row of the other workspace was sent');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test('an agency user switches between workspaces, and the address follows', async () => {
  const page = await signedIn(browser, stack, AGENCY, { path: `w/${NORTHWIND}/integrations` });
  const select = page.getByRole('combobox', { name: 'Workspace' });
  assert.equal(await select.locator('option').count(), 4);
  const marked = (slug) => page.locator(`[id="workspace:${slug}"]`).textContent();
  const counted = 'Oak Bakery · 1 needs attention';
  await until('the other workspaces are counted', async () => (await marked('oak-bakery')) === counted);
  assert.equal(await marked(NORTHWIND), 'Northwind Dental');
  await screenshot(page, 'switcher');
  assert.match(await select.getAttribute('title'), /^\d other workspaces? needs? attention$/);
  await select.selectOption('oak-bakery');
  await page.waitForURL(/oak-bakery/);
  await shown(page, redStripe(page));
  await card(page, 'stripe').locator('[id="notice:stripe"]', { hasText: 'Account manager' }).waitFor();
  await select.selectOption('fern-studio');
  await card(page, 'stripe').locator('[id="notice:stripe"]', { hasText: 'missing' }).waitFor();
  await page.goBack();
  await shown(page, redStripe(page));
  await page.context().close();
});

test('a workspace that is renamed has its new name on the page and in the tab’s title', async (t) => {
  const rename = (name) => stack.query(`update workspaces set name = $1 where slug = 'oak-bakery'`, [name]);
  t.after(() => rename('Oak Bakery'));
  const page = await signedIn(browser, stack, AGENCY, { path: 'w/oak-bakery/integrations' });
  await page.getByText(/^live/).waitFor();
  await rename('Oak Bakery & Sons');
  await page.waitForFunction(() => document.title === 'Integrations · Oak Bakery & Sons');
  await settled(page);
  const option = page.locator('[id="workspace:oak-bakery"]');
  assert.match(await option.textContent(), /^Oak Bakery & Sons( · 1 needs attention)?$/);
  await page.context().close();
});

test('an agency user finds each service of each workspace with its badge, the worst first', async () => {
  const page = await signedIn(browser, stack, AGENCY, { path: `w/${NORTHWIND}/integrations` });
  const select = page.getByRole('combobox', { name: 'Workspace' });
  const rank = { error: 0, active: 1, inactive: 2 };
  for (const [slug, badges] of Object.entries(BADGES)) {
    await select.selectOption(slug);
    await page.waitForURL(new RegExp(`/w/${slug}/`));
    const seen = await until(slug, async () => {
      const found = await cards(page);
      assert.deepEqual(found, badges);
      return found;
    });
    for (const service of Object.keys(seen)) {
      const words = await page.locator(`[id="state:${service}"]`).textContent();
      assert.match(words, WORDS[`${slug} ${service}`] ?? WORDS[service], `${slug} ${service}`);
    }
    const ranks = Object.values(seen).map((badge) => rank[badge]);
    assert.deepEqual(ranks, [...ranks].sort(), `${slug}: ${Object.keys(seen)}`);
  }
  const services = new Set(Object.values(BADGES).flatMap(Object.keys));
  assert.equal(services.size, 9, 'each service is shown somewhere');
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

// While the page is live it reads of itself every five minutes only: what comes sooner was told to it.
test('a webhook is told to the open page and shown, without a reload', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.getByText(/^live/).waitFor();
  const reloads = () => page.evaluate(() => performance.getEntriesByType('navigation').length);
  const before = await reloads();
  const silence = page.locator('[id="silence:stripe"]');
  // The first delivery also wakes the Worker and its queue.
  await deliver(NORTHWIND);
  await silence.getByText(/^last event (now|\d+ s ago)/).waitFor();
  await stack.query(
    `update service_facts set last_event_at = now() - interval '3 hours'
     where client_id = $1 and stream = 'webhook'`,
    [CLIENT[NORTHWIND]],
  );
  await silence.getByText(/3 h/).waitFor();
  await deliver(NORTHWIND);
  await silence.getByText(/^last event (now|\d+ s ago)/).waitFor();
  assert.equal(await reloads(), before);
  await page.context().close();
});

test('a change in the database is told to the open page and shown', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.getByText(/^live/).waitFor();
  await stack.query(
    `update service_facts set failure_kind = 'provider', failure_message = 'stripe answered 500', failed_at = now(),
       failures = 5, failure_final = true
     where client_id = $1 and service = 'stripe' and stream not in ('', 'webhook')`,
    [CLIENT[NORTHWIND]],
  );
  await page.locator('article[data-service=stripe][data-status=error]').waitFor();
  await stack.query(
    `update service_facts set failure_kind = null, failure_message = null, failed_at = null, failures = 0,
       failure_final = false where client_id = $1 and service = 'stripe'`,
    [CLIENT[NORTHWIND]],
  );
  await page.locator('article[data-service=stripe][data-status=active]').waitFor();
  await page.context().close();
});

test('the clock alone turns a green card late, then red', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  const stripe = card(page, 'stripe');
  const setClock = (hours) =>
    page.evaluate((ms) => window.webfluentia.setClock(ms), Date.now() + hours * HOUR_MS);
  assert.equal(await stripe.getAttribute('data-status'), 'active');
  await setClock(30);
  await stripe.locator('[id="state:stripe"]', { hasText: 'late' }).waitFor();
  assert.equal(await stripe.getAttribute('data-status'), 'active');
  await setClock(60);
  await shown(page, redStripe(page));
  assert.match(await stripe.locator('[id="state:stripe"]').textContent(), /overdue/);
  await page.context().close();
});

test('no frame is drawn while nothing changes', async () => {
  const page = await signedIn(browser, stack, VIEWER);
  await page.getByText(/^live/).waitFor();
  // The remarks and, once live, the charts again are read late, and draw.
  for (const [path, times] of Object.entries({ 'rpc/daily_series': 1, 'rpc/service_daily': 2 }))
    await page.waitForFunction(
      ([part, least]) =>
        performance.getEntriesByType('resource').filter(({ name }) => name.includes(part)).length >= least,
      [path, times],
    );
  // An hour later ages change by the hour, not by the second.
  await page.evaluate((ms) => window.webfluentia.setClock(ms), Date.now() + 90 * 60_000);
  const atRest = () => {
    const { frames } = window.webfluentia;
    const seen = window.framesSeen;
    window.framesSeen = frames;
    return frames === seen;
  };
  await page.waitForFunction(atRest, null, { polling: 500 });
  const before = await countFrames(page);
  // As often as the page's clock ticks on the same thread, however busy the machine is.
  await page.evaluate(
    () =>
      new Promise((done) => {
        let ticks = 0;
        const timer = setInterval(() => ++ticks === 6 && done(clearInterval(timer)), 1000);
      }),
  );
  assert.equal(await countFrames(page), before);
  await page.context().close();
});

test('no configured secret is in the page, its storage or its traffic', async () => {
  const page = await newPage(browser);
  const traffic = [];
  page.on('response', async (reply) => traffic.push(reply.url(), await reply.text().catch(() => '')));
  page.on('request', (request) => traffic.push(JSON.stringify(request.headers()), request.postData() ?? ''));
  page.on('websocket', (socket) => {
    traffic.push(socket.url());
    socket.on('framereceived', ({ payload }) => traffic.push(String(payload)));
  });
  await page.goto(stack.state.urls.dashboard);
  await fillSignIn(page, userOf(stack, AGENCY));
  await card(page, 'stripe').waitFor();
  await page.getByText(/^live/).waitFor();
  // The last of what is read at first: every workspace's services.
  await page.locator('option', { hasText: 'needs attention' }).first().waitFor({ state: 'attached' });
  const shown = await page.content();
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  const everything = [...traffic, shown, stored].join('\n');
  const forms = secretForms(stack).filter(({ name }) => name !== `password of ${AGENCY}`); // which it typed
  assert.ok(forms.some(({ form }) => form === stack.state.keys.secret));
  for (const { name, form } of forms) assert.ok(!everything.includes(form), `${name} was found`);
  await page.context().close();
});
