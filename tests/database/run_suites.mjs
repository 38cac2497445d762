// Every suite on one stack, one after the other.

import { accessSuite } from './suites/access.mjs';
import { startStack } from './stack.mjs';

const suites = { access: accessSuite };

export async function runSuites(t, options) {
  const stack = await startStack(options);
  try {
    for (const [name, suite] of Object.entries(suites)) {
      await t.test(name, (part) => suite(part, stack));
    }
  } finally {
    await stack.close();
  }
}
