// The Worker's own host and core inside this process, with storage and queue in memory: where a
// test can break either of them, or look into the core's memory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Core } from '../../edge-workers/host/core.mjs';
import { makeWorker } from '../../edge-workers/host/host.mjs';
import { QUEUES } from '../../scripts/local/worker_config.mjs';
import { ROOT } from '../../scripts/local/wrangler.mjs';

const [JOBS, DEAD_LETTERS] = QUEUES;

class MemoryBucket {
  objects = new Map();
  broken = false;

  async put(key, bytes, { onlyIf } = {}) {
    if (this.broken) throw new Error('the bucket is not available');
    if (onlyIf?.etagDoesNotMatch === '*' && this.objects.has(key)) return null;
    this.objects.set(key, Buffer.from(bytes));
    return { key };
  }

  async get(key) {
    if (this.broken) throw new Error('the bucket is not available');
    const bytes = this.objects.get(key);
    return bytes ? { arrayBuffer: async () => new Uint8Array(bytes).buffer } : null;
  }
}

class MemoryQueue {
  messages = [];
  broken = false;

  async send(body, { delaySeconds }) {
    if (this.broken) throw new Error('the queue is not available');
    this.messages.push({ body, delaySeconds });
  }
}

export class LocalHost {
  constructor(vars) {
    this.bucket = new MemoryBucket();
    this.queue = new MemoryQueue();
    this.env = { ...vars, RAW: this.bucket, JOBS: this.queue };
    const core = (name) =>
      new Core(new WebAssembly.Module(readFileSync(join(ROOT, `build/edge/${name}.wasm`))));
    this.cores = { edge: core('edge'), gateway: core('gateway') };
    this.worker = makeWorker(this.cores);
    this.log = [];
  }

  // Everything the cores' memories hold now.
  memory() {
    const buffers = Object.values(this.cores).map((core) => core.instance().exports.memory.buffer);
    return Buffer.concat(buffers.map((buffer) => Buffer.from(buffer)));
  }

  async #logging(run) {
    const { log } = console;
    console.log = (line) => this.log.push(line);
    try {
      return await run();
    } finally {
      console.log = log;
    }
  }

  // The reply, after the flow behind it has ended as well.
  fetch(path, options) {
    return this.#logging(async () => {
      const waiting = [];
      const context = { waitUntil: (promise) => waiting.push(promise) };
      const request = new Request(`http://worker${path}`, options);
      const reply = await this.worker.fetch(request, this.env, context);
      const text = await reply.text();
      await Promise.allSettled(waiting);
      return { status: reply.status, headers: reply.headers, text };
    });
  }

  tick() {
    return this.#logging(() => this.worker.scheduled({ scheduledTime: Date.now() }, this.env));
  }

  // What the queue does with a message that it has given up on; gives whether it was taken.
  async giveUp({ body }) {
    let outcome;
    const message = { body, ack: () => (outcome = { ack: true }), retry: () => (outcome = { ack: false }) };
    await this.#logging(() => this.worker.queue({ queue: DEAD_LETTERS, messages: [message] }, this.env));
    return outcome;
  }

  // Runs what is queued for now until nothing is; gives what became of each message.
  drain() {
    return this.#logging(async () => {
      const outcomes = [];
      while (this.queue.messages.some(({ delaySeconds }) => delaySeconds === 0)) {
        const at = this.queue.messages.findIndex(({ delaySeconds }) => delaySeconds === 0);
        const [{ body }] = this.queue.messages.splice(at, 1);
        const message = {
          body,
          ack: () => outcomes.push({ body, ack: true }),
          retry: (options = {}) => outcomes.push({ body, retry: options.delaySeconds ?? 0 }),
        };
        await this.worker.queue({ queue: JOBS, messages: [message] }, this.env);
      }
      return outcomes;
    });
  }
}
