// What a suite of the page begins with: a stack of its own whose workspaces have synced, and a browser.
import { after, before } from 'node:test';

import { testStack, untilRested } from '../e2e/harness.mjs';
import { launch } from './browser.mjs';

export let browser, stack;

/** For the tests of one file. */
export function startSuite(name) {
  before(async () => {
    browser = await launch();
    stack = await testStack(name);
    await stack.tick();
    await untilRested(stack);
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });
}
