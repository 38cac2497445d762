// What a new isolate costs until its first flow has ended: the deployed module, and its two halves built of the
// same sources with the same flags. See scripts/bench and docs/benchmarks.md.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { interval, show, spread } from './spread.mjs';
import { startWorkerd } from './workerd.mjs';

const { values: options } = parseArgs({
  options: { start: { type: 'boolean' }, rounds: { type: 'string', default: '120' } },
});
const rounds = Number(options.rounds);

const wasm = (name) => `build/edge/${name}.wasm`;
const ONE = [wasm('edge')];
const HALVES = [wasm('half_received'), wasm('half_asked')];

// The Workers of the process with their modules, and the first flows: [name, of which Worker, in which module].
const received = ['received', 0, 0];
const asked = ['asked', 0, 0];
const SIDES = {
  'no module': { workers: [[]], flows: [] },
  'one, received': { workers: [ONE], flows: [received] },
  'one, asked': { workers: [ONE], flows: [asked] },
  'one, both': { workers: [ONE], flows: [received, asked] },
  'half alone, received': { workers: [[HALVES[0]]], flows: [received] },
  'half alone, asked': { workers: [[HALVES[1]]], flows: [asked] },
  'two modules, received': { workers: [HALVES], flows: [received] },
  'two modules, asked': { workers: [HALVES], flows: [['asked', 0, 1]] },
  'two modules, both': { workers: [HALVES], flows: [received, ['asked', 0, 1]] },
  'two Workers, both': { workers: HALVES.map((half) => [half]), flows: [received, ['asked', 1, 0]] },
};
const names = Object.keys(SIDES);

const ENDS = {
  received: ['take_lease', 'page', 'apply_page'],
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

const seen = [];
for (let round = 0; round < rounds; round++) {
  const results = {};
  // From another side in each round, and every second time in the other direction.
  const turned = names.map((_, i) => names[(i + round) % names.length]);
  for (const side of round % 2 === 0 ? turned : turned.toReversed())
    results[side] = await startOnce(SIDES[side]);
  seen.push(results);
}

console.log(`${cpus()[0].model}, ${cpus().length} CPUs; ${rounds} rounds, each side a new process`);
const of = (side, what) => seen.map((results) => results[side][what]);
for (const side of names) {
  console.log(`${side.padEnd(21)} CPU ms ${show(spread(of(side, 'cpu')), 1)}`);
  console.log(`${''.padEnd(21)} MiB    ${show(spread(of(side, 'memory')), 1)}`);
}
// Round by round: a difference of some ms is lost in what processes take at different times.
for (const side of names.filter((name) => !/^(no|one)/.test(name))) {
  const one = `one, ${side.split(', ')[1]}`;
  const more = seen.map((results) => results[one].cpu - results[side].cpu);
  const memory = spread(of(one, 'memory')).median - spread(of(side, 'memory')).median;
  const [low, high] = interval(more);
  console.log(
    `${one} - ${side}: ${spread(more).median.toFixed(2)} ms (95 %: ${low.toFixed(2)} to ${high.toFixed(2)}), ` +
      `less in ${more.filter((ms) => ms < 0).length} of ${rounds}; ${memory.toFixed(1)} MiB`,
  );
}
