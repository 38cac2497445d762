// A stranger's first day: a service is added by the steps of shared/connectors/README.md, in a copy of
// the tree, and nothing else is touched. overlay/ holds the new files; of the old ones the registry gets
// a line.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const ROOT = resolve(import.meta.dirname, '../..');
const OVERLAY = join(import.meta.dirname, 'overlay');
const BUILD = 'build/native'; // as the project's own, so that ccache has what the new service does not change
const LIMIT_MS = 10 * 60_000; // of a build from nothing

const REGISTRY = 'shared/services.cmake';
const LAST_SERVICE = '    openai)\n';

let tree;

async function run(program, args, env = process.env) {
  return promisify(execFile)(program, args, { cwd: tree, env, timeout: LIMIT_MS, maxBuffer: 1 << 26 });
}

async function copyProject() {
  const options = { cwd: ROOT, maxBuffer: 1 << 26 };
  const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await promisify(execFile)('git', listing, options);
  for (const file of stdout.split('\0').filter((name) => name && !name.startsWith('tests/new_service/'))) {
    await mkdir(dirname(join(tree, file)), { recursive: true });
    // With their times: ccache takes what is just written for unfinished.
    await cp(join(ROOT, file), join(tree, file), { preserveTimestamps: true });
  }
  await mkdir(join(tree, '.dev/cache'), { recursive: true });
  for (const installed of ['.dev/cache/sources', 'node_modules'])
    await symlink(join(ROOT, installed), join(tree, installed));
}

async function addFolder() {
  for (const entry of await readdir(OVERLAY, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(tree, relative(OVERLAY, join(entry.parentPath, entry.name)));
    await mkdir(dirname(path), { recursive: true });
    await cp(join(entry.parentPath, entry.name), path, { force: false, errorOnExist: true });
  }
}

async function register(service) {
  const path = join(tree, REGISTRY);
  const parts = (await readFile(path, 'utf8')).split(LAST_SERVICE);
  assert.equal(parts.length, 2, `one list of services in ${REGISTRY}`);
  await writeFile(path, parts.join(`    ${service}\n${LAST_SERVICE}`));
}

// What the copy's own tests say when none of them fails.
async function nodeTests(file) {
  const { NODE_TEST_CONTEXT, ...env } = process.env; // with it, node runs no tests of its own inside of a test
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', file], env);
  assert.match(stdout, /^# fail 0$/m);
  return stdout;
}

before(async () => {
  tree = await mkdtemp(join(tmpdir(), 'new-service-'));
  await copyProject();
  await addFolder();
  await register('toy');
  await run('cmake', ['--preset', 'native']);
  const targets = ['replay', 'toy_test', 'scenarios_test', 'domain_test', 'web_ui_test'];
  await run('cmake', ['--build', BUILD, '--target', ...targets]);
});
after(() => rm(tree, { recursive: true, force: true }));

test('its unit tests pass', async () => {
  const { stdout } = await run(`${BUILD}/toy_test`, []);
  assert.match(stdout, /All tests passed \(\d+ assertions in 2 test cases\)/);
});

test('the catalogue, the rules of status and the page take one more service', async () => {
  for (const program of ['domain_test', 'web_ui_test'])
    assert.match((await run(`${BUILD}/${program}`, [])).stdout, /All tests passed/);
});

test('its scenarios are walked with the others, each of the eight kinds is there, and all are green', async () => {
  const { stdout } = await run(`${BUILD}/scenarios_test`, []);
  assert.match(stdout, /All tests passed/);
});

test('with it, both modules are still within their limits, and walk its scenarios as the native build does', async (t) => {
  await run('cmake', ['--preset', 'edge']);
  await run('cmake', ['--build', 'build/edge', '--target', 'worker']);
  const { parts } = JSON.parse(await readFile(join(tree, 'budgets.json'), 'utf8'));
  for (const name of ['edge', 'gateway']) {
    const size = gzipSync(await readFile(join(tree, `build/edge/${name}.wasm`)), { level: 9 }).length;
    t.diagnostic(`${name}.wasm with one more service: ${size} bytes gzipped`);
    assert.ok(size <= parts[name].budget.gzip, `${name}.wasm: ${size} bytes`);
  }
  await nodeTests('tests/scenarios/wasm.test.mjs');
});

test('a scenario that is taken away is missed, and a wrong row is seen', async () => {
  const scenario = join(tree, 'tests/scenarios/toy');
  await rm(join(scenario, 'rate_limited'), { recursive: true });
  const expected = join(scenario, 'two_pages/expected.json');
  await writeFile(expected, (await readFile(expected, 'utf8')).replace('4200', '4201'));
  const failed = await run(`${BUILD}/scenarios_test`, ['every s*']).catch((error) => error);
  assert.equal(typeof failed.code, 'number');
  assert.match(failed.stdout, /kind := "?rate_limited/);
  assert.match(failed.stdout, /toy\/two_pages/);
});

test('its migration and its table keep what all tables keep: rows, changes, policies, neighbours', async () => {
  assert.match(await nodeTests('tests/database/pglite.test.mjs'), /toy_orders/);
});

test('on the local stack, from an empty database, one tick fills its table', async () => {
  const { NORTHWIND, CLIENT, testStack, untilRested } = await import(
    pathToFileURL(join(tree, 'tests/e2e/harness.mjs'))
  );
  const bundle = { toy: { api_key: `toy_${randomBytes(8).toString('hex')}_local` } };
  const stack = await testStack('new_service', {
    vars: { WORKSPACE_NORTHWIND_DENTAL: JSON.stringify(bundle) },
  });
  try {
    await stack.tick();
    await untilRested(stack, 90_000);
    const fixtures = await Promise.all(
      ['page1', 'page2'].map((name) => readFile(join(OVERLAY, `tests/fixtures/toy/${name}.json`), 'utf8')),
    );
    const orders = fixtures.flatMap((text) => JSON.parse(text).orders);
    const [found] = await stack.query(
      `select count(*)::int as rows, sum(amount)::int as amount, min(client_id::text) as client_id
       from public.toy_orders`,
    );
    const amount = orders.reduce((sum, order) => sum + order.amount, 0);
    assert.deepEqual(found, { rows: orders.length, amount, client_id: CLIENT[NORTHWIND] });
    const [fact] = await stack.query(
      `select last_success_at is not null as synced, failure_kind from public.service_facts
       where service = 'toy' and stream = 'orders'`,
    );
    assert.deepEqual(fact, { synced: true, failure_kind: null });
  } finally {
    await stack.stop();
  }
});

test('the tool replays each of its scenarios without a problem', async () => {
  const folders = await readdir(join(OVERLAY, 'tests/scenarios/toy'));
  assert.equal(folders.length, 8);
  for (const folder of folders) {
    const recorded = join(OVERLAY, 'tests/scenarios/toy', folder);
    await cp(recorded, join(tree, 'tests/scenarios/toy', folder), { recursive: true });
    const { stdout } = await run(`${BUILD}/replay`, ['toy', 'orders', `tests/scenarios/toy/${folder}`]);
    assert.deepEqual(JSON.parse(stdout).problems, [], folder);
  }
});
