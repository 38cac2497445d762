// Every suite on one stack, one after the other.

import { accessSuite } from './suites/access.mjs';
import { boundsSuite } from './suites/bounds.mjs';
import { dailySeriesSuite } from './suites/daily_series.mjs';
import { emailSuite } from './suites/email.mjs';
import { endsSuite } from './suites/ends.mjs';
import { framesSuite } from './suites/frames.mjs';
import { frontSuite } from './suites/front.mjs';
import { neighboursSuite } from './suites/neighbours.mjs';
import { openaiSuite } from './suites/openai.mjs';
import { pagesSuite } from './suites/pages.mjs';
import { partitionsSuite } from './suites/partitions.mjs';
import { pastSuite } from './suites/past.mjs';
import { realtimeSuite } from './suites/realtime.mjs';
import { replaySuite } from './suites/replay.mjs';
import { scheduleSuite } from './suites/schedule.mjs';
import { webhooksSuite } from './suites/webhooks.mjs';
import { withdrawnSuite } from './suites/withdrawn.mjs';
import { startStack } from './stack.mjs';

const suites = {
  access: accessSuite,
  pages: pagesSuite,
  schedule: scheduleSuite,
  ends: endsSuite,
  past: pastSuite,
  partitions: partitionsSuite,
  withdrawn: withdrawnSuite,
  webhooks: webhooksSuite,
  email: emailSuite,
  replay: replaySuite,
  realtime: realtimeSuite,
  dailySeries: dailySeriesSuite,
  frames: framesSuite,
  front: frontSuite,
  openai: openaiSuite,
  neighbours: neighboursSuite,
  bounds: boundsSuite,
};

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
