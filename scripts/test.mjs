// Runs the suites of suites.mjs one after the other, the programs of a unit suite side by side, and adds up
// what passed. See scripts/test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { suites } from './suites.mjs';

const LOGS = '.dev/logs';
const COMMAND_LIMIT_MS = 15 * 60 * 1000;
const LAST_WORDS_MS = 5000; // who is asked to end says why tests failed, and stops what it started
const SHOWN_OF_A_FAILURE = 60;

const running = new Set();

function endGroup(child, signal = 'SIGKILL') {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // it left nothing behind
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, async () => {
    const asked = [...running].map((child) => (endGroup(child, 'SIGTERM'), once(child, 'exit')));
    await Promise.race([Promise.all(asked), pause(LAST_WORDS_MS)]);
    for (const child of running) endGroup(child);
    process.exit(1);
  });
}

/** Output and exit status of one command; what it started ends with it, or at the time limit. */
function run([program, ...args], log, shown) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const take = (chunk) => {
      output += chunk;
      log.write(chunk);
      if (shown) process.stdout.write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => take(`${program}: ${error.message}\n`));
    let timer = setTimeout(() => {
      take(`\nended after ${COMMAND_LIMIT_MS / 60000} minutes\n`);
      child.kill('SIGTERM');
      timer = setTimeout(() => endGroup(child), LAST_WORDS_MS);
    }, COMMAND_LIMIT_MS);
    child.on('exit', () => endGroup(child));
    child.on('close', (status) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ output, status });
    });
  });
}

/** A command that failed, or ended without totals, has at least one failure. */
function judge(suite, { output, status }) {
  const totals = suite.totals(output, status) ?? { passed: 0, failed: 1 };
  if (status !== 0 && totals.failed === 0) totals.failed = 1;
  return totals;
}

function printFailure(output) {
  const lines = output.trimEnd().split('\n');
  if (lines.length > SHOWN_OF_A_FAILURE) console.log('  ...');
  for (const line of lines.slice(-SHOWN_OF_A_FAILURE)) console.log(`  ${line}`);
}

async function runSuite(suite) {
  const log = createWriteStream(path.join(LOGS, `${suite.name}.log`));
  const total = { passed: 0, failed: 0, skipped: 0 };
  const queue = suite.commands();
  const worker = async () => {
    for (let command = queue.shift(); command; command = queue.shift()) {
      const result = await run(command, log, suite.shown);
      const { passed, failed, skipped = 0 } = judge(suite, result);
      total.passed += passed;
      total.failed += failed;
      total.skipped += skipped;
      if (failed > 0 && !suite.shown) printFailure(result.output);
    }
  };
  await Promise.all(Array.from({ length: suite.sideBySide ? availableParallelism() : 1 }, worker));
  log.end();
  if (total.passed + total.failed === 0 && !suite.mayBeEmpty) {
    const why = suite.whyEmpty?.();
    console.log(`  no test ran${why ? `: ${why}` : ', which counts as a failure'}`);
    if (!why) total.failed = 1;
  }
  return total;
}

function chosen(names) {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length === 0) return suites.filter(({ name }) => names.length === 0 || names.includes(name));
  console.error(
    `no such suite: ${unknown.join(', ')}; there are ${suites.map(({ name }) => name).join(' ')}`,
  );
  process.exit(2);
}

async function main(names) {
  mkdirSync(LOGS, { recursive: true });
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const summary = [];
  for (const suite of chosen(names)) {
    console.log(`== ${suite.name}`);
    const started = performance.now();
    const { passed, failed, skipped } = await runSuite(suite);
    sum.passed += passed;
    // What this machine lacks is told; where it decides, nothing may be lacking.
    sum.failed += failed + (process.env.CI ? skipped : 0);
    sum.skipped += skipped;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const counts = suite.mayBeEmpty ? (failed ? 'failed' : 'done') : `${passed} passed, ${failed} failed`;
    const line = `${suite.name}: ${counts}${skipped ? `, ${skipped} skipped` : ''} in ${seconds} s`;
    summary.push(`  ${line}`);
    console.log(`   ${line}`);
  }
  console.log(`\nEach suite's output is in ${LOGS}/.\n${summary.join('\n')}`);
  console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ''}`);
  process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1;
}

await main(process.argv.slice(2));
