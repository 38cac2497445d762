// Every version that is installed, side by side: most of a suite's time is waiting.

import { test } from 'node:test';

import { runSuites } from './run_suites.mjs';
import { postgresInstallations } from './stack.mjs';

const installations = postgresInstallations();

test('real Postgres servers', { concurrency: true }, (t) =>
  Promise.all(
    installations.map(({ name, bin }) =>
      t.test(`the database on ${name}`, (part) => runSuites(part, { bin })),
    ),
  ),
);

test('a real Postgres is there to test on', { skip: installations.length > 0 }, () => {
  throw new Error('no Postgres server found: apt-get install postgresql');
});
