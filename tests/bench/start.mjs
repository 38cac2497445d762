// What a new isolate costs until its first flow has ended: the two deployed modules, and one of both, built of
// the same sources with the same flags. See scripts/bench and docs/benchmarks.md.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { interval, show, spread } from './spread.mjs';
import { startWorkerd } from './workerd.mjs';

const { values: options } = parseArgs({
  options: { start: { type: 'boolean' }, rounds: { type: 'string', default: '150' } },
});
const rounds = Number(options.rounds);

const wasm = (name) => `build/edge/${name}.wasm`;
const ONE = [wasm('one')];
const TWO = [wasm('edge'), wasm('gateway')];

// The Workers of the process with their modules, and the first flows: [name, of which Worker, in which module].
const queued = ['queued', 0, 0];
const asked = ['asked', 0, 0];
const SIDES = {
  'no module': { workers: [[]], flows: [] },
  // As a visit of the page, which is answered without the core.
  'one, no flow': { workers: [ONE], flows: [] },
  'edge alone, no flow': { workers: [[TWO[0]]], flows: [] },
  'gateway alone, no flow': { workers: [[TWO[1]]], flows: [] },
  'two modules, no flow': { workers: [TWO], flows: [] },
  'one, queued': { workers: [ONE], flows: [queued] },
  'one, asked': { workers: [ONE], flows: [asked] },
  'one, both': { workers: [ONE], flows: [queued, asked] },
  'edge alone, queued': { workers: [[TWO[0]]], flows: [queued] },
  'gateway alone, asked': { workers: [[TWO[1]]], flows: [asked] },
  'two modules, queued': { workers: [TWO], flows: [queued] },
  'two modules, asked': { workers: [TWO], flows: [['asked', 0, 1]] },
  'two modules, both': { workers: [TWO], flows: [queued, ['asked', 0, 1]] },
  'two Workers, both': { workers: TWO.map((module) => [module]), flows: [queued, ['asked', 1, 0]] },
};
const names = Object.keys(SIDES);

const ENDS = {
  queued: ['take_lease', 'page', 'apply_page'],
  asked: ['rest/v1/workspaces', 'record_detection', 'claim_due', 'session_workspace', 'daily_series', 200],
};

/** Finer than /proc/<pid>/stat, which counts 10 ms; but of the threads that still live alone. */
async function cpuMillis(pid) {
  const threads = await readdir(`/proc/${pid}/task`);
  const read = (thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
  const times = await Promise.all(threads.map(async (thread) => Number((await read(thread)).split(' ')[0])));
  return times.reduce((sum, time) => sum + time, 0) / 1e6;
}

async function residentMiB(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)[1]) / 1024;
}

async function startOnce({ workers, flows }) {
  const workerd = await startWorkerd('.dev/bench', workers);
  try {
    for (const [flow, worker, module] of flows) {
      const reply = await fetch(`${workerd.urls[worker]}/start?flow=${flow}&module=${module}`);
      assert.deepEqual(await reply.json(), ENDS[flow]);
    }
    return { cpu: await cpuMillis(workerd.pid), memory: await residentMiB(workerd.pid) };
  } finally {
    await workerd.stop();
  }
}

function shuffled(list) {
  const keyed = list.map((item) => [Math.random(), item]);
  return keyed.sort(([a], [b]) => a - b).map(([, item]) => item);
}

const seen = [];
for (let round = 0; round < rounds; round++) {
  const results = {};
  for (const side of shuffled(names)) results[side] = await startOnce(SIDES[side]);
  seen.push(results);
}

console.log(`${cpus()[0].model}, ${cpus().length} CPUs; ${rounds} rounds, each side a new process`);
const of = (side, what) => seen.map((results) => results[side][what]);
for (const side of names) {
  console.log(`${side.padEnd(23)} CPU ms ${show(spread(of(side, 'cpu')), 1)}`);
  console.log(`${''.padEnd(23)} MiB    ${show(spread(of(side, 'memory')), 1)}`);
}
// Round by round: a difference of some ms is lost in what processes take at different times.
const said = (values, digits) => {
  const [low, high] = interval(values).map((value) => value.toFixed(digits));
  return `${spread(values).median.toFixed(digits)} (95 %: ${low} to ${high})`;
};
for (const side of names.filter((name) => !/^(no|two) module/.test(name))) {
  const deployed = `two modules, ${side.split(', ')[1]}`;
  const [cpu, memory] = ['cpu', 'memory'].map((what) =>
    seen.map((results) => results[deployed][what] - results[side][what]),
  );
  console.log(`${deployed} - ${side}: ${said(cpu, 2)} ms, ${said(memory, 2)} MiB`);
}
