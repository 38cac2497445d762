// The scenarios in the modules that are deployed: the native run (scenarios_test) writes down every frame of
// every flow, killed ones too, and the module that the host gives it to must give the same bytes.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { Core, decodeFrame } from '../../edge-workers/host/core.mjs';

const ROOT = resolve(import.meta.dirname, '../..');

let folder;
let steps;

// [{ input, output }]: u32 lengths, each with its bytes.
function readSteps(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  assert.equal(parts.length % 2, 0);
  return Array.from({ length: parts.length / 2 }, (_, i) => ({
    input: parts[2 * i],
    output: parts[2 * i + 1],
  }));
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scenarios-'));
  const frames = join(folder, 'frames');
  const options = { env: { ...process.env, WF_RECORD_FRAMES: frames }, maxBuffer: 1 << 26 };
  // But for what varies them by the thousand.
  await promisify(execFile)(join(ROOT, 'build/native/scenarios_test'), ['~[members]'], options);
  steps = readSteps(await readFile(frames));
});
after(() => rm(folder, { recursive: true, force: true }));

function answer({ memory, edge_alloc, edge_step }, input) {
  const at = edge_alloc(input.length) >>> 0;
  new Uint8Array(memory.buffer, at, input.length).set(input);
  const out = edge_step(at, input.length) >>> 0;
  return Buffer.from(memory.buffer, out + 4, new DataView(memory.buffer).getUint32(out, true));
}

// The flows, each a list of steps, that start with one of these events.
function flowsOf(kinds) {
  const flows = [];
  for (const step of steps) {
    const { op, event } = decodeFrame(step.input).control;
    if (op === 'start') flows.push({ kind: event.kind, steps: [] });
    flows.at(-1).steps.push(step);
  }
  return flows.filter(({ kind }) => kinds.includes(kind));
}

const MODULES = { edge: ['job'], gateway: ['webhook', 'api'] };

for (const [name, kinds] of Object.entries(MODULES))
  test(`${name}.wasm answers every step of its scenarios as the native build does`, async () => {
    const module = new WebAssembly.Module(await readFile(join(ROOT, `build/edge/${name}.wasm`)));
    const flows = flowsOf(kinds);
    assert.deepEqual(new Set(flows.map(({ kind }) => kind)), new Set(kinds));
    for (const flow of flows) {
      // In an instance of its own: those that were killed would never end in a common one.
      const { exports } = new Core(module).instance();
      for (const { input, output } of flow.steps) {
        const given = answer(exports, input);
        if (!given.equals(output)) assert.deepEqual(decodeFrame(given), decodeFrame(output));
        assert.ok(given.equals(output), 'the same members, in other bytes');
      }
    }
  });

test('every flow of the scenarios belongs to one of them', () => {
  assert.ok(steps.length > 1000, `${steps.length} steps`);
  assert.equal(flowsOf(Object.values(MODULES).flat()).flatMap((flow) => flow.steps).length, steps.length);
});
