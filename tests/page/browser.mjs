// Chromium on the real page: signing in, what is on the screen, and what of it changes.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

import { ROOT } from '../../scripts/local/wrangler.mjs';
import { CLIENT, NORTHWIND, until } from '../e2e/harness.mjs';

const SCREENS = join(ROOT, '.dev', 'screens');
mkdirSync(SCREENS, { recursive: true });

const FLAGS = [
  // WebGL2 without a graphics card.
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  // Quiet on a closed network.
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(moreFlags = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless=new', ...FLAGS, ...moreFlags],
  });
}

/** A page of its own context; what went wrong in it is collected in `page.problems`. */
export async function newPage(browser, { width = 1280, height = 900, ...options } = {}) {
  const touch = width < 600;
  const context = await browser.newContext({
    viewport: { width, height },
    hasTouch: touch,
    isMobile: touch,
    ...options,
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') page.problems.push(message.text());
  });
  return page;
}

export async function fillSignIn(page, user) {
  await page.getByLabel('E-mail').fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export const userOf = (stack, email) => stack.state.users.find((user) => user.email === email);

export async function signedIn(browser, stack, email, { path = '', ...options } = {}) {
  const page = await newPage(browser, options);
  await page.goto(stack.state.urls.dashboard + path);
  await fillSignIn(page, userOf(stack, email));
  await page.locator('article').first().waitFor();
  await page.mouse.move(0, 0);
  return page;
}

/** {stripe: 'active', ...}: what the cards on the screen say. */
export function cards(page) {
  return page
    .locator('article')
    .evaluateAll((articles) =>
      Object.fromEntries(articles.map(({ dataset }) => [dataset.service, dataset.status])),
    );
}

/** Waits for `locator`; when it never shows, the error says what the page showed instead. */
export async function shown(page, locator) {
  try {
    await locator.waitFor();
  } catch (error) {
    const text = await page.locator('#mirror').innerText();
    throw new Error(`${error.message}\n${page.url()}\n${text}\n${page.problems.join('\n')}`);
  }
}

export const card = (page, service) => page.locator(`article[data-service=${service}]`);

/** Two frames later everything that was going to be drawn has been. */
export function settled(page) {
  return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

export async function screenshot(page, name) {
  await settled(page);
  await page.waitForTimeout(250); // hover and focus have moved
  await page.screenshot({ path: join(SCREENS, `${name}.png`) });
}

/** A part of the page in pictures, which are waited for: {atRest(), becomes(picture, what), leaves(picture, what)}. */
export function watch(page, clip) {
  const shot = () => page.screenshot({ clip });
  const comes = (what, isSo) => until(what, async () => isSo(await shot()));
  return {
    async atRest() {
      let last = await shot();
      await comes('a picture at rest', (now) => {
        const isSame = now.equals(last);
        last = now;
        return isSame;
      });
      return last;
    },
    becomes: (picture, what) => comes(what, (now) => now.equals(picture)),
    leaves: (picture, what) => comes(what, (now) => !now.equals(picture)),
  };
}

export const countFrames = (page) => page.evaluate(() => window.webfluentia.frames);

/** Red, green, blue and alpha of every `step`th pixel that the canvas shows in the box. */
export function pixels(page, { x, y, width, height }, step = 1) {
  return page.evaluate(async ([x, y, width, height, step]) => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    [canvas.width, canvas.height] = [width, height];
    // The drawing buffer is only readable in the frame that drew it.
    window.dispatchEvent(new Event('scroll'));
    await new Promise((done) => requestAnimationFrame(done));
    context.drawImage(document.getElementById('screen'), -x, -y);
    const { data } = context.getImageData(0, 0, width, height);
    const pixel = (i) => [...data.slice(i * 4, i * 4 + 4)];
    return Array.from({ length: Math.ceil(data.length / 4 / step) }, (_, i) => pixel(i * step));
  }, [x, y, width, height, step].map(Math.round));
}

/** How many colours are seen on the canvas: one when nothing was drawn. */
export async function coloursDrawn(page) {
  // Of a whole canvas a sample: a million pixels take most of a minute on their way here.
  const drawn = await pixels(page, await page.locator('#screen').boundingBox(), 97);
  return new Set(drawn.map(String)).size;
}

/** A change of a card's row that is not worth a word on it. */
export function touchFacts(stack) {
  return stack.query(
    `update service_facts set progress_done = coalesce(progress_done, 0) + 1
     where client_id = $1 and service = 'stripe' and stream = ''`,
    [CLIENT[NORTHWIND]],
  );
}
