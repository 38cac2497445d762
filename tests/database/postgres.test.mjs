// Every version that is installed, side by side: most of a suite's time is waiting.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runSuites } from './run_suites.mjs';
import { postgresInstallations } from './stack.mjs';

const installations = postgresInstallations();

test('real Postgres servers', { concurrency: true }, (t) => {
  assert.ok(installations.length > 0, 'no Postgres server found: apt-get install postgresql');
  return Promise.all(
    installations.map(({ name, bin }) =>
      t.test(`the database on ${name}`, (part) => runSuites(part, { bin })),
    ),
  );
});
