// How the page looks, for people to open: .dev/screens.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NORTHWIND } from '../e2e/harness.mjs';
import { screenshot, signedIn } from './browser.mjs';
import { AGENCY, browser, stack, startSuite } from './suite.mjs';

startSuite('pictures');

/** Where the parts of the cards are, and how wide the words of their state and of their clocks are on one line. */
function layout(page) {
  return page.evaluate(async () => {
    await document.fonts.ready;
    const context = document.createElement('canvas').getContext('2d');
    const width = (size, text) => {
      context.font = `${size}px Inter`;
      return context.measureText(text).width;
    };
    return [...document.querySelectorAll('article')].map((article) => {
      const { service } = article.dataset;
      const part = (name) => document.getElementById(`${name}:${service}`);
      const state = part('state').getBoundingClientRect();
      const { y, height } = article.getBoundingClientRect();
      return {
        service,
        y,
        height,
        state: { lines: state.height / 18, room: state.width },
        words: width(12.5, part('state').textContent),
        clocks: [0, 1, 2].map((i) => {
          // To the eye without the exact time; what is revised "until" a day is told so by its label.
          const text = part(`clock${i}`).querySelector('dd').textContent.split(', ')[0];
          const { x, right } = part(`clock${i}`).getBoundingClientRect();
          const end = i < 2 ? part(`clock${i + 1}`).getBoundingClientRect().x - 6 : right;
          return { text, words: width(13, text), room: end - x };
        }),
      };
    });
  });
}

async function checkLayout(page) {
  const cards = await layout(page);
  for (const { service, state, words, clocks } of cards) {
    assert.ok(words <= state.lines * state.room, `${service}: ${words} px on ${state.lines} lines`);
    for (const clock of clocks)
      assert.ok(clock.words <= clock.room + 0.5, `${service}: ${JSON.stringify(clock)}`);
  }
  for (const one of cards) {
    for (const other of cards.filter(({ y }) => y === one.y))
      assert.equal(one.height, other.height, `${one.service} beside ${other.service}`);
  }
}

for (const colorScheme of ['light', 'dark']) {
  for (const [width, height] of [
    [320, 640],
    [360, 740],
    [768, 1024],
    [1280, 900],
    [1920, 1080],
  ]) {
    test(`picture: ${width} px, ${colorScheme}`, async () => {
      const path = `w/${NORTHWIND}/integrations`;
      const page = await signedIn(browser, stack, AGENCY, { path, width, height, colorScheme });
      await page.locator('#link', { hasText: 'live' }).waitFor();
      await screenshot(page, `integrations-${width}-${colorScheme}`);
      await checkLayout(page);
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
