import { test } from 'node:test';

import { runSuites } from './run_suites.mjs';
import { postgresInstallations } from './stack.mjs';

const installations = postgresInstallations();

for (const { name, bin } of installations) {
  test(`the database on ${name}`, (t) => runSuites(t, { bin }));
}

test('a real Postgres is there to test on', { skip: installations.length > 0 }, () => {
  throw new Error('no Postgres server found: apt-get install postgresql');
});
