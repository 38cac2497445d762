// A stranger's first day: a service is added by the steps of shared/connectors/README.md, in a copy of
// the tree, and nothing else is touched. overlay/ holds the new files; of the old ones the registry gets
// a line. The sandbox (step 5) is left out: recorded replies answer.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
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

async function run(program, args) {
  return promisify(execFile)(program, args, { cwd: tree, timeout: LIMIT_MS, maxBuffer: 1 << 26 });
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

test('its migration is applied with the others, and a page of rows fills its table', async () => {
  const of = (file) => import(pathToFileURL(join(tree, 'tests/database', file)));
  const [{ startStack, call }, { detect, page }] = await Promise.all([of('stack.mjs'), of('runs.mjs')]);
  const stack = await startStack();
  try {
    const schedules = [{ stream: 'orders', partition: '', cadence: 'daily', every_secs: 86_400 }];
    await detect(stack, { services: [{ service: 'toy', present: ['toy.api_key'], missing: [], schedules }] });
    const [{ run_id }] = (await call(stack, 'claim_due', { limit: 9 })).jobs;
    const { lease } = await call(stack, 'take_lease', { run_id, lease_secs: 60 });
    const at = '2026-11-23T10:00:00Z';
    const row = { id: 'o1', amount: 4200, currency: 'eur', created: at, source_at: at };
    const tables = [{ table: 'toy_orders', rows: [row] }];
    assert.equal((await call(stack, 'apply_page', page({ run_id, lease }, 1, [], { tables }))).applied, true);
    const rows = await stack.query('select id, amount::int, currency from public.toy_orders');
    assert.deepEqual(rows, [{ id: 'o1', amount: 4200, currency: 'eur' }]);
  } finally {
    await stack.close();
  }
});

test('with it, the module is still within its limit', async (t) => {
  await run('cmake', ['--preset', 'edge']);
  await run('cmake', ['--build', 'build/edge', '--target', 'edge']);
  const size = gzipSync(await readFile(join(tree, 'build/edge/edge.wasm')), { level: 9 }).length;
  const { parts } = JSON.parse(await readFile(join(tree, 'budgets.json'), 'utf8'));
  t.diagnostic(`edge.wasm with one more service: ${size} bytes gzipped`);
  assert.ok(size <= parts.edge.budget.gzip, `${size} bytes`);
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
