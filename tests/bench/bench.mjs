// See scripts/bench and docs/benchmarks.md.
import assert from 'node:assert/strict';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { searchConsolePage } from './page.mjs';
import { show, spread } from './spread.mjs';
import { startWorkerd } from './workerd.mjs';

const { values: options } = parseArgs({
  options: {
    pairs: { type: 'string', default: '12' },
    times: { type: 'string', default: '12' },
    rows: { type: 'string', default: '25000' },
    wasm: { type: 'string', multiple: true, default: [] },
  },
});
const wasmFiles = ['build/edge/edge.wasm', ...options.wasm];
const wasmSides = [...wasmFiles.map((_, i) => `wasm ${i}`), 'wasm 0, hosted'];
const sides = ['bytes to bytes', 'text to text', ...wasmSides];
const WARM_UP_ROUNDS = 3; // V8 compiles what is hot while the first ones run

async function output(url, side) {
  const reply = await fetch(`${url}/output?side=${encodeURIComponent(side)}`);
  return JSON.parse(await reply.text());
}

/** Both must say the same before anyone is timed. */
async function compareOutputs(url, rowCount) {
  const expected = await output(url, 'bytes to bytes');
  assert.equal(expected.p.tables[0].rows.length, rowCount);
  for (const side of sides.slice(1)) assert.deepEqual(await output(url, side), expected, side);
}

async function run(workerd, side, times) {
  const cpu = await workerd.cpuSeconds();
  const begun = performance.now();
  const reply = await fetch(`${workerd.urls[0]}/run?side=${encodeURIComponent(side)}&times=${times}`);
  const { memory } = await reply.json();
  const wall = performance.now() - begun;
  return { cpu: (1000 * ((await workerd.cpuSeconds()) - cpu)) / times, wall: wall / times, memory };
}

/** Rounds of all sides in turn, in the other direction every second time. */
async function measure(workerd, rounds, times) {
  const seen = [];
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const results = {};
    const order = round % 2 === 0 ? sides : sides.toReversed();
    for (const side of order) results[side] = await run(workerd, side, times);
    if (round >= 0) seen.push(results);
  }
  return seen;
}

function print(seen) {
  for (const side of sides) {
    console.log(`${side.padEnd(15)} CPU ms/page  ${show(spread(seen.map((r) => r[side].cpu)), 1)}`);
    console.log(`${''.padEnd(15)} wall ms/page ${show(spread(seen.map((r) => r[side].wall)), 1)}`);
  }
  for (const side of wasmSides)
    for (const other of [
      'bytes to bytes',
      'text to text',
      ...wasmSides.filter((name) => name !== side && side !== 'wasm 0'),
    ])
      console.log(`${side} / ${other}: CPU ${show(spread(seen.map((r) => r[side].cpu / r[other].cpu)), 3)}`);
  const memory = seen.at(-1)[sides[0]].memory;
  wasmFiles.forEach((file, i) =>
    console.log(`wasm ${i}: ${file}, memory ${(memory[i] / 2 ** 20).toFixed(1)} MiB`),
  );
}

const rowCount = Number(options.rows);
const page = searchConsolePage(rowCount);
const workerd = await startWorkerd('.dev/bench', [wasmFiles]);
try {
  await fetch(workerd.urls[0], { method: 'POST', body: page });
  await compareOutputs(workerd.urls[0], rowCount);
  console.log(
    `${cpus()[0].model}, ${cpus().length} CPUs; ${rowCount} rows, ${Buffer.byteLength(page)} bytes`,
  );
  print(await measure(workerd, Number(options.pairs), Number(options.times)));
} finally {
  await workerd.stop();
}
