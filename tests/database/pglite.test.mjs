import { test } from 'node:test';

import { runSuites } from './run_suites.mjs';

test('the database on PGlite', (t) => runSuites(t, {}));
