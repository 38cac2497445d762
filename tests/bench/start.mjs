// What a new isolate costs until its first flow may begin: the deployed module, and other ways to bundle the
// same code. See scripts/bench and docs/benchmarks.md.
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { show, spread } from './spread.mjs';
import { startWorkerd } from './workerd.mjs';

const ROUNDS = 60;
const DEPLOYED = 'edge.wasm';

const { values: options } = parseArgs({
  options: {
    start: { type: 'boolean' },
    wasm: { type: 'string', multiple: true, default: [] },
    workers: { type: 'string', multiple: true, default: [] },
  },
});

// The Workers of the process with their modules, and how many modules of each Worker are asked for.
const sides = {
  'no module': { workers: [[]], used: 0 },
  [DEPLOYED]: { workers: [['build/edge/edge.wasm']], used: 1 },
};
options.wasm.forEach((list, i) => {
  const files = list.split(',');
  for (let used = 1; used <= files.length; used++)
    sides[`other ${i}, ${used} of ${files.length} used`] = { workers: [files], used };
});
options.workers.forEach((list, i) => {
  const workers = list.split(',').map((file) => [file]);
  sides[`Workers ${i}, all ${workers.length} used`] = { workers, used: 1 };
});
const others = Object.keys(sides).slice(2);

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

async function startOnce({ workers, used }) {
  const workerd = await startWorkerd('.dev/bench', workers);
  try {
    for (const url of workerd.urls) await (await fetch(`${url}/start?used=${used}`)).json();
    return { cpu: await cpuMillis(workerd.pid), memory: await residentMiB(workerd.pid) };
  } finally {
    await workerd.stop();
  }
}

const seen = [];
for (let round = 0; round < ROUNDS; round++) {
  const results = {};
  const order = round % 2 === 0 ? Object.keys(sides) : Object.keys(sides).toReversed();
  for (const side of order) results[side] = await startOnce(sides[side]);
  seen.push(results);
}

console.log(`${cpus()[0].model}, ${cpus().length} CPUs; ${ROUNDS} rounds, each side a new process`);
for (const side of Object.keys(sides)) {
  console.log(`${side.padEnd(21)} CPU ms ${show(spread(seen.map((r) => r[side].cpu)), 1)}`);
  console.log(`${''.padEnd(21)} MiB    ${show(spread(seen.map((r) => r[side].memory)), 1)}`);
}
// Round by round, a difference of some ms is lost in what a new process takes: medians, and how often.
const median = (side, what) => spread(seen.map((r) => r[side][what])).median;
const added = (side) => median(side, 'cpu') - median('no module', 'cpu');
for (const side of others) {
  const more = seen.map((r) => r[DEPLOYED].cpu - r[side].cpu);
  const fewer = more.filter((ms) => ms < 0).length;
  console.log(
    `${DEPLOYED} / ${side}: adds ${(added(DEPLOYED) / added(side)).toFixed(2)} of the CPU time, ` +
      `${spread(more).median.toFixed(1)} ms by round (less in ${fewer} of ${ROUNDS}), ${(median(DEPLOYED, 'memory') - median(side, 'memory')).toFixed(1)} MiB`,
  );
}
