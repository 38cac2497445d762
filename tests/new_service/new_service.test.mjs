// A stranger's first day: a service is added by the steps of shared/connectors/README.md, in a copy of
// the tree, and nothing else is touched. overlay/ holds the new files; LINES, what is written into old
// ones. The sandbox (step 6) is left out: recorded replies answer.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../..');
const OVERLAY = join(import.meta.dirname, 'overlay');
const BUILD = 'build/native'; // as the project's own, so that ccache has what the new service does not change
const LIMIT_MS = 10 * 60_000; // of a build from nothing

const LINES = [
  {
    file: 'shared/domain/catalogue.cpp',
    before: 'constexpr std::array services{',
    text: `constexpr Hosts toy_hosts{"api.toy.example"};
constexpr std::array toy_keys{Key{.name = "toy.api_key", .hosts = toy_hosts}};
constexpr std::array toy_streams{StreamDescriptor{.name = "orders", .label = "orders"}};

`,
  },
  {
    file: 'shared/domain/catalogue.cpp',
    before: '};\n\n}  // namespace\n',
    text: `,
Descriptor{.id = "toy", .name = "Toy Bookshop", .category = Category::payments, .summary = "Orders",
           .method = "Daily", .thresholds = daily, .keys = toy_keys, .streams = toy_streams}`,
  },
  {
    file: 'shared/connectors/registry.cpp',
    before: '\nnamespace wf {',
    text: '#include "shared/connectors/toy/toy.hpp"\n',
  },
  { file: 'shared/connectors/registry.cpp', before: '};\n  return list;', text: ', &toy::connector' },
  { file: 'shared/connectors/CMakeLists.txt', before: '  LINK wf_sync', text: '    toy/toy.cpp\n' },
  {
    file: 'tests/shared/connectors/CMakeLists.txt',
    before: 'wf_test(\n  meta_test',
    text: 'wf_test(toy_test SOURCES toy_test.cpp LINK wf_connectors)\n',
  },
];

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
  await symlink(join(ROOT, '.dev/cache/sources'), join(tree, '.dev/cache/sources'));
}

async function insert({ file, before: place, text }) {
  const path = join(tree, file);
  const parts = (await readFile(path, 'utf8')).split(place);
  assert.equal(parts.length, 2, `one place in ${file}: ${place}`);
  await writeFile(path, parts.join(text + place));
}

before(async () => {
  tree = await mkdtemp(join(tmpdir(), 'new-service-'));
  await copyProject();
  await cp(OVERLAY, tree, { recursive: true });
  for (const line of LINES) await insert(line);
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
