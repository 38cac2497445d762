// What a new isolate costs until its first flow may begin: the two deployed modules against one with everything. See
// scripts/bench and docs/benchmarks.md.
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

import { show, spread } from './spread.mjs';
import { startWorkerd } from './workerd.mjs';

const ROUNDS = 20;
const EDGE = 'build/edge/edge.wasm';
const API = 'build/edge/api.wasm';
const ONE = 'build/edge/one.wasm';

// The modules in the Worker, and which of them are asked for.
const SIDES = {
  'no module': [[], []],
  'two, edge used': [[EDGE, API], [0]],
  'two, both used': [
    [EDGE, API],
    [0, 1],
  ],
  one: [[ONE], [0]],
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

async function startOnce(files, used) {
  const workerd = await startWorkerd('.dev/bench', files);
  try {
    for (const module of used) await (await fetch(`${workerd.url}/start?module=${module}`)).json();
    return { cpu: await cpuMillis(workerd.pid), memory: await residentMiB(workerd.pid) };
  } finally {
    await workerd.stop();
  }
}

const seen = [];
for (let round = 0; round < ROUNDS; round++) {
  const results = {};
  const order = round % 2 === 0 ? Object.keys(SIDES) : Object.keys(SIDES).toReversed();
  for (const side of order) results[side] = await startOnce(...SIDES[side]);
  seen.push(results);
}
console.log(`${cpus()[0].model}, ${cpus().length} CPUs; ${ROUNDS} rounds, each side a new process`);
for (const side of Object.keys(SIDES)) {
  console.log(`${side.padEnd(15)} CPU ms ${show(spread(seen.map((r) => r[side].cpu)), 1)}`);
  console.log(`${''.padEnd(15)} MiB    ${show(spread(seen.map((r) => r[side].memory)), 1)}`);
}
const added = (results, side) => results[side].cpu - results['no module'].cpu;
for (const side of ['two, edge used', 'two, both used'])
  console.log(
    `one / ${side}: CPU that is added ${show(spread(seen.map((r) => added(r, 'one') / added(r, side))), 2)}`,
  );
