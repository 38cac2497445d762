// The mirror keeps in step with any tree, whatever the tree before it was.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { launch } from './browser.mjs';

const source = readFileSync(new URL('../../web-ui/platform/mirror.mjs', import.meta.url), 'utf8');
const rect = [0, 0, 10, 10];
const node = (id, tag, rest = {}) => ({ id, tag, rect, attributes: {}, ...rest });
const group = (id, ...children) => node(id, 'div', { children });

let browser, page;

before(async () => {
  browser = await launch();
  page = await browser.newPage();
  await page.setContent('<div id="mirror"></div>');
  await page.addScriptTag({ content: source.replace('export class', 'window.Mirror = class') });
});
after(() => browser?.close());

/** Shows the trees one after the other; gives the ids and tags that are left, in document order. */
function shownAfter(...trees) {
  return page.evaluate((all) => {
    const root = document.getElementById('mirror');
    root.replaceChildren();
    const mirror = new window.Mirror({ root, post: () => {} });
    for (const nodes of all) mirror.show({ height: 10, nodes });
    return [...root.querySelectorAll('*')].map(({ id, localName }) => `${localName}#${id}`);
  }, trees);
}

test('an element that changes its kind stays in its place', async () => {
  const first = [node('a', 'p', { text: '1' }), node('b', 'p', { text: '2' })];
  const then = [node('a', 'button', { text: '1' }), node('b', 'p', { text: '2' })];
  assert.deepEqual(await shownAfter(first, then), ['button#a', 'p#b']);
});

test('an element that moves into its neighbour takes nothing along', async () => {
  const first = [group('a', node('x', 'p')), node('b', 'p'), node('c', 'p')];
  const then = [group('a', node('b', 'p'), node('x', 'p')), node('c', 'p')];
  assert.deepEqual(await shownAfter(first, then), ['div#a', 'p#b', 'p#x', 'p#c']);
});

test('the focus stays where it is, and goes on at the content when its place is gone', async () => {
  const focused = await page.evaluate(
    (button) => {
      const root = document.getElementById('mirror');
      root.replaceChildren();
      const mirror = new window.Mirror({ root, post: () => {} });
      const show = (...children) => {
        const main = { ...button, id: 'main', tag: 'main', attributes: { tabindex: '-1' }, children };
        mirror.show({ height: 10, nodes: [main] });
        return document.activeElement.id;
      };
      const other = { ...button, id: 'other' };
      show(button, other);
      document.getElementById(button.id).focus();
      return [show(other, button), show(other), show(other, button)];
    },
    node('a', 'button'),
  );
  assert.deepEqual(focused, ['a', 'main', 'main']);
});

test('what stays is not moved past what goes: a status that is moved is read out again', async () => {
  const strip = node('strip', 'p', { text: 'offline' });
  const rest = [node('found', 'p'), group('card', node('answer', 'p', { text: 'A sync begins' }))];
  const touched = await page.evaluate(
    ([before, after]) => {
      const root = document.getElementById('mirror');
      root.replaceChildren();
      const mirror = new window.Mirror({ root, post: () => {} });
      mirror.show({ height: 10, nodes: before });
      const observer = new MutationObserver(() => {});
      observer.observe(root, { subtree: true, childList: true });
      mirror.show({ height: 10, nodes: after });
      return observer.takeRecords().flatMap((record) => {
        return [...record.addedNodes, ...record.removedNodes].map(({ id }) => id);
      });
    },
    [[group('main', strip, ...rest)], [group('main', ...rest)]],
  );
  assert.deepEqual(touched, ['strip']);
});

test('another workspace’s tree replaces the one before', async () => {
  const first = [group('one', node('a', 'p'), node('b', 'p')), group('two', node('c', 'p'))];
  const then = [group('two', node('b', 'button'), node('d', 'p')), node('a', 'h2', { text: 'A' })];
  assert.deepEqual(await shownAfter(first, then), ['div#two', 'button#b', 'p#d', 'h2#a']);
  assert.deepEqual(await shownAfter(first, then, first), ['div#one', 'p#a', 'p#b', 'div#two', 'p#c']);
});
