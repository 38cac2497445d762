import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Core, CoreFailure, decodeFrame, encodeFrame, runFlow } from '../../edge-workers/host/core.mjs';
import { bytesOf, coreDouble, steps, textOf } from './core_double.mjs';

test('a frame carries its control and its bodies unchanged', () => {
  const bodies = [new Uint8Array([0, 255, 254]), new Uint8Array()];
  const { control, parts } = decodeFrame(encodeFrame({ op: 'start', text: 'grüße' }, bodies));
  assert.deepEqual(control, { op: 'start', text: 'grüße' });
  assert.deepEqual(parts, bodies);
});

test('a frame that is empty, cut short or counts too much is refused', () => {
  const whole = encodeFrame({ op: 'x' }, [bytesOf('body')]);
  for (let length = 0; length < whole.length; length++)
    assert.throws(() => decodeFrame(whole.slice(0, length)), CoreFailure, `length ${length}`);
  const many = whole.slice();
  new DataView(many.buffer).setUint32(0, 0xffffffff, true);
  assert.throws(() => decodeFrame(many), CoreFailure);
});

// The smallest module with the core's exports; its edge_step is one instruction, `unreachable`.
function trappingModule() {
  const name = (text) => [text.length, ...bytesOf(text)];
  const section = (id, bytes) => [id, bytes.length, ...bytes];
  return new WebAssembly.Module(
    new Uint8Array([
      0,
      0x61,
      0x73,
      0x6d,
      1,
      0,
      0,
      0,
      ...section(1, [3, 0x60, 0, 0, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]),
      ...section(3, [3, 0, 1, 2]),
      ...section(5, [1, 0, 1]),
      ...section(7, [
        4,
        ...name('memory'),
        2,
        0,
        ...name('_initialize'),
        0,
        0,
        ...name('edge_alloc'),
        0,
        1,
        ...name('edge_step'),
        0,
        2,
      ]),
      ...section(10, [3, 2, 0, 0x0b, 4, 0, 0x41, 16, 0x0b, 3, 0, 0, 0x0b]),
    ]),
  );
}

test('a trap drops the instance, fails its flows, and the next flow gets a new one', () => {
  const core = new Core(trappingModule());
  const instance = core.instance();
  assert.equal(core.instance(), instance);
  assert.throws(() => instance.step({ op: 'start' }, []), /the core stopped: unreachable/);
  assert.throws(() => instance.step({ op: 'reply' }, []), /dropped after a trap/);
  assert.notEqual(core.instance(), instance);
});

test('an instance that has outgrown is left by the first flow after all others', () => {
  const core = new Core(trappingModule());
  const instance = core.instance();
  instance.exports.memory.grow(511);
  assert.equal(core.instance(), instance, '32 MiB are not too much');
  instance.exports.memory.grow(1);
  const minutesAgo = (minutes) => Date.now() - minutes * 60_000;
  instance.flows.set('abandoned', minutesAgo(16)).set('slow', minutesAgo(14));
  assert.equal(core.instance(), instance, 'a flow runs in it');
  instance.flows.delete('slow');
  assert.notEqual(core.instance(), instance, 'the Worker of the other one is gone');
  assert.equal(core.instance().exports.memory.buffer.byteLength, 65536);
});

test('an instance knows how many flows run in it, whether they end or fail', async () => {
  const over = [{ kind: 'done', effect: 1, outcome: 'ok' }];
  const replies = new Map();
  const core = steps(
    () => ({ effects: [{ effect: 1, kind: 'http' }] }),
    () => over,
  );
  const instance = core.instance();
  core.instance = () => instance;
  const act = (name) => () => new Promise((resolve, reject) => replies.set(name, { resolve, reject }));
  const ends = runFlow(core, { event: {} }, act('ends'));
  const fails = runFlow(core, { event: {} }, act('fails'));
  assert.equal(instance.flows.size, 2);
  replies.get('ends').resolve({ status: 200 });
  await ends;
  assert.equal(instance.flows.size, 1);
  replies.get('fails').reject(new Error('cut'));
  await assert.rejects(fails, /cut/);
  assert.equal(instance.flows.size, 0);
});

const answer = (bytes) => async () => ({ status: 200, bytes });

test('a flow runs its effects at once and ends with done', async () => {
  const replies = [];
  const core = steps(
    () => ({
      effects: [
        { effect: 1, kind: 'http', body: 1 },
        { effect: 2, kind: 'http' },
      ],
      parts: [bytesOf('out')],
    }),
    (result, effect, bodies) => {
      replies.push([effect, result, textOf(bodies[0])]);
      return replies.length < 2 ? [] : [{ effect: 3, kind: 'done', outcome: 'ok' }];
    },
  );
  const bodies = [];
  const act = (effect, body) => {
    bodies.push(body && textOf(body));
    return answer(bytesOf(`reply ${effect.effect}`))();
  };
  const done = await runFlow(core, { event: {}, config: {} }, act);
  assert.equal(done.outcome, 'ok');
  assert.deepEqual(bodies, ['out', undefined]);
  assert.deepEqual(replies[0], [1, { status: 200, body: 1 }, 'reply 1']);
});

test('an effect may be given the bytes of the reply that it answers, and no other', async () => {
  const kept = {};
  const core = steps(
    () => ({
      effects: [
        { effect: 1, kind: 'http' },
        { effect: 2, kind: 'http' },
      ],
    }),
    (result, effect) => {
      if (effect <= 2) return [{ effect: effect + 10, kind: 'put_object', body: 0 }];
      return Object.keys(kept).length < 2 ? [] : [{ effect: 20, kind: 'done', outcome: 'ok' }];
    },
  );
  await runFlow(core, { event: {}, config: {} }, (effect, body) => {
    if (effect.kind === 'http') return answer(bytesOf(`reply ${effect.effect}`))();
    kept[effect.effect] = textOf(body);
    return Promise.resolve({ stored: true });
  });
  assert.deepEqual(kept, { 11: 'reply 1', 12: 'reply 2' });

  const hasty = steps(() => ({ effects: [{ effect: 1, kind: 'put_object', body: 0 }] }));
  await assert.rejects(runFlow(hasty, { event: {}, config: {} }, answer()), CoreFailure);
});

test('a flow that waits for nothing and is not done fails', async () => {
  const silent = steps(() => ({ effects: [{ effect: 1, kind: 'log' }] }));
  await assert.rejects(
    runFlow(silent, { event: {}, config: {} }, () => undefined),
    /without saying done/,
  );
});

test('a frame that the core refuses fails the flow', async () => {
  const core = coreDouble(() => ({ effects: [], fault: 'bad frame' }));
  await assert.rejects(
    runFlow(core, { event: {}, config: {} }, () => undefined),
    /bad frame/,
  );
});

test('a core that stops in the middle fails the flow', async () => {
  const core = coreDouble((control) => {
    if (control.op === 'reply') throw new CoreFailure('the core stopped: unreachable');
    return { effects: [{ effect: 1, kind: 'http' }] };
  });
  await assert.rejects(runFlow(core, { event: {}, config: {} }, answer()), /unreachable/);
});
