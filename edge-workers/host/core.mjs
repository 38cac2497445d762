// The C++ core as a step machine: frames in, frames out, and the loop that runs what it asks for.
// docs/abi.md describes the frames. Nothing here knows what a flow is about.

const WASI_NOT_SUPPORTED = 52;

// More than a sync of the largest page needs (docs/benchmarks.md). An isolate has 128 MB for everything.
const LARGE_BYTES = 32 * 1024 * 1024;

// The longest that Cloudflare lets a Worker live for one event. Where it ends sooner, as after a client has hung
// up, its flow never ends: nobody waits for one that is older.
const LONGEST_FLOW_MS = 15 * 60 * 1000;

export class CoreFailure extends Error {}

// u32 n, u32 length[n], the bytes of each part; part 0 is the JSON control, little endian. `allocate(length)`
// gives the bytes to write to: a page of some MB is copied into the core's memory once.
export function encodeFrame(control, parts = [], allocate = (length) => new Uint8Array(length)) {
  const all = [new TextEncoder().encode(JSON.stringify(control)), ...parts];
  let at = 4 + 4 * all.length;
  const frame = allocate(all.reduce((sum, part) => sum + part.length, at));
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  view.setUint32(0, all.length, true);
  all.forEach((part, i) => {
    view.setUint32(4 + 4 * i, part.length, true);
    frame.set(part, at);
    at += part.length;
  });
  return frame;
}

export function decodeFrame(frame) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const count = frame.length >= 4 ? view.getUint32(0, true) : 0;
  let at = 4 + 4 * count;
  if (count === 0 || at > frame.length) throw new CoreFailure('the core sent a broken frame');
  const parts = [];
  for (let i = 0; i < count; i++) {
    const end = at + view.getUint32(4 + 4 * i, true);
    if (end > frame.length) throw new CoreFailure('the core sent a frame that is cut short');
    parts.push(frame.slice(at, end)); // a copy: the core's memory changes with its next step
    at = end;
  }
  return { control: JSON.parse(new TextDecoder().decode(parts[0])), parts: parts.slice(1) };
}

class Instance {
  constructor(module) {
    this.dead = false;
    this.flows = new Map(); // that run in it, and when each began
    this.exports = new WebAssembly.Instance(module, this.#imports(module)).exports;
    this.exports._initialize();
  }

  // WebAssembly's memory never shrinks: what many large bodies at once made of it, it would keep.
  get outgrown() {
    const since = Date.now() - LONGEST_FLOW_MS;
    const idle = [...this.flows.values()].every((begun) => begun < since);
    return idle && this.exports.memory.buffer.byteLength > LARGE_BYTES;
  }

  step(control, parts) {
    if (this.dead) throw new CoreFailure("the core's instance was dropped after a trap");
    try {
      return decodeFrame(this.#call(control, parts));
    } catch (error) {
      this.dead = true;
      // What else fails here may quote what it read.
      const isTold = error instanceof CoreFailure || error instanceof WebAssembly.RuntimeError;
      throw new CoreFailure(`the core stopped: ${isTold ? error.message : error.name}`);
    }
  }

  #call(control, parts) {
    const { memory, edge_alloc, edge_step } = this.exports;
    const inside = (length) => {
      const at = edge_alloc(length) >>> 0; // the memory may grow here, which gives it another buffer
      return new Uint8Array(memory.buffer, at, length);
    };
    const frame = encodeFrame(control, parts, inside);
    const out = edge_step(frame.byteOffset, frame.length) >>> 0;
    const length = new DataView(memory.buffer).getUint32(out, true);
    return new Uint8Array(memory.buffer, out + 4, length);
  }

  // The core does no I/O: whatever WASI function its C library mentions answers "not supported".
  #imports(module) {
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      imports[from][name] = () => WASI_NOT_SUPPORTED;
    }
    if (imports.wasi_snapshot_preview1?.proc_exit)
      imports.wasi_snapshot_preview1.proc_exit = (code) => {
        throw new CoreFailure(`exit ${code}`);
      };
    return imports;
  }
}

// One live instance for many flows. A trap drops it, with the flows inside it; each of those fails
// at its next reply, and the next flow gets a new instance. So does the first one after it has outgrown.
export class Core {
  #module;
  #instance = null;
  #manifest = null;

  constructor(module) {
    this.#module = module;
  }

  instance() {
    if (!this.#instance || this.#instance.dead || this.#instance.outgrown)
      this.#instance = new Instance(this.#module);
    return this.#instance;
  }

  // Asked before any outside input reaches an instance: it says where each secret may go.
  manifest() {
    if (this.#manifest) return this.#manifest;
    const { control } = this.instance().step({ op: 'manifest' }, []);
    if (control.fault) throw new CoreFailure(`the core gave no manifest: ${control.fault}`);
    return (this.#manifest = control);
  }
}

// Runs a flow to its `done` effect. `act(effect, body)` returns a result for an effect that has one
// (its bytes under `bytes`), and undefined for log and respond. `held`: a body that is too large for the core.
export function runFlow(core, { event, config, parts = [], held }, act) {
  const instance = core.instance();
  const flow = crypto.randomUUID();
  instance.flows.set(flow, Date.now());
  const ended = new Promise((resolve, reject) => {
    let pending = 0;
    let over = false;

    const reply = (effect, result) => {
      pending--;
      if (over) return;
      const { bytes, ...plain } = result;
      if (bytes) plain.body = 1;
      const control = { op: 'reply', flow, effect: effect.effect, now_ms: Date.now(), result: plain };
      take(instance.step(control, bytes ? [bytes] : []), bytes);
    };
    const run = (effect, bodies, given = held) => {
      if (effect.kind === 'done') {
        over = true;
        return resolve(effect);
      }
      if (effect.body === 0 && !given) throw new CoreFailure('an effect wants the bytes of no reply');
      const acting = act(effect, effect.body === 0 ? given : bodies[effect.body - 1]);
      if (acting === undefined) return;
      pending++;
      acting.then((result) => reply(effect, result)).catch(reject);
    };
    const take = ({ control, parts: bodies }, given) => {
      if (control.fault) throw new CoreFailure(`the core refused a frame: ${control.fault}`);
      for (const effect of control.effects) run(effect, bodies, given);
      if (!over && pending === 0) throw new CoreFailure('the flow stopped without saying done');
    };
    take(instance.step({ op: 'start', flow, now_ms: Date.now(), config, event }, parts));
  });
  return ended.finally(() => instance.flows.delete(flow));
}
