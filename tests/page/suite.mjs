// What a suite of the page begins with: a stack of its own whose workspaces have synced, and a browser.
import { after, before } from 'node:test';

import { NORTHWIND, testStack, untilRested } from '../e2e/harness.mjs';
import { launch } from './browser.mjs';

export const VIEWER = `viewer@${NORTHWIND}.example`;
export const AGENCY = 'agency@webfluentia.example';

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
