// Every test suite: a name, the command that runs it, and how its output says what passed.
import { readdirSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const NODE = path.resolve('node_modules/.bin/node');
const BUILDS = ['native', 'asan', 'edge', 'web'];

// The end of Catch2's console report. A program that ends without it has crashed.
function catchTotals(output) {
  const all = output.match(/All tests passed \(.* in (\d+) test cases?\)/);
  if (all) return { passed: Number(all[1]), failed: 0 };
  const some = output.match(/^test cases:.*$/m)?.[0];
  const number = (word) => Number(some?.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
  return some ? { passed: number('passed'), failed: number('failed') } : null;
}

// The end of node --test's spec report. What was cancelled did not pass.
function nodeTotals(output) {
  const number = (word) => Number(output.match(new RegExp(`^ℹ ${word} (\\d+)$`, 'm'))?.[1] ?? NaN);
  const passed = number('pass');
  if (Number.isNaN(passed)) return null;
  return { passed, failed: number('fail') + number('cancelled'), skipped: number('skipped') };
}

// Our own tools' last line.
function plainTotals(output) {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return found ? { passed: Number(found[1]), failed: Number(found[2]) } : null;
}

// A build counts only when it fails: it has no tests of its own.
function buildTotals(output, status) {
  return { passed: 0, failed: status === 0 ? 0 : 1 };
}

function buildSuite(name) {
  return {
    name: `build-${name}`,
    commands: () => [['./scripts/build', name]],
    totals: buildTotals,
    shown: true,
    mayBeEmpty: true,
  };
}

function unitSuite(build) {
  const list = `build/${build}/unit_tests.txt`;
  const lines = () => (existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : []);
  const isReason = (line) => line.startsWith('# ');
  return {
    name: `unit-${build}`,
    whyEmpty: () => lines().find(isReason)?.slice(2),
    commands: () =>
      lines()
        .filter((line) => !isReason(line))
        .map((program) => ['./scripts/run_unit_test', program, '--colour-mode', 'none']),
    totals: catchTotals,
    sideBySide: true,
  };
}

function testFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => /[._]test\.mjs$/.test(name))
    .map((name) => path.join(folder, name))
    .sort();
}

// One file after the other, since most start a stack of their own; each a command, since the time limit is a
// command's, and on a slow machine the page's files together take longer.
function nodeSuite(name, folder) {
  return {
    name,
    commands: () => testFiles(folder).map((file) => [NODE, '--test', '--test-reporter=spec', file]),
    totals: nodeTotals,
  };
}

function toolSuite(name, ...commands) {
  return { name, commands: () => commands, totals: plainTotals };
}

export const suites = [
  ...[...BUILDS, 'page'].map(buildSuite),
  ...BUILDS.map(unitSuite),
  toolSuite('fuzz', ['./scripts/fuzz']),
  nodeSuite('database', 'tests/database'),
  nodeSuite('host', 'tests/host'),
  nodeSuite('scenarios-wasm', 'tests/scenarios'),
  nodeSuite('new-service', 'tests/new_service'),
  nodeSuite('e2e', 'tests/e2e'),
  nodeSuite('page', 'tests/page'),
  toolSuite('format', ['./scripts/lint', 'format']),
  toolSuite('prettier', ['./scripts/lint', 'prettier']),
  // In two halves: the time limit is a command's, and on a slow machine one for all comes near it.
  toolSuite(
    'tidy',
    ['./scripts/lint', 'tidy', 'shared/connectors'],
    ['./scripts/lint', 'tidy', '.', ':!shared/connectors'],
  ),
  toolSuite('size', ['./scripts/size']),
];
