// A Worker around a core of a test's own, what is sent to it, and what that core answers.
import { makeWorker } from '../../edge-workers/host/host.mjs';
import { steps } from './core_double.mjs';

// Of one core, whatever it is asked for.
export const workerAround = (core) => makeWorker({ edge: core, gateway: core });

export const ok = { effect: 2, kind: 'done', outcome: 'ok' };
export const respond = (status, more = {}) => ({ effect: 1, kind: 'respond', status, headers: [], ...more });

export const post = (path, body, headers = {}) =>
  new Request(`http://worker${path}`, { method: 'POST', body, headers, duplex: 'half' });

// A queue message that remembers what became of it.
export const message = (body) => ({
  body,
  became: null,
  ack() {
    this.became = 'ack';
  },
  retry(options = {}) {
    this.became = ['retry', options.delaySeconds];
  },
});
export const batch = (queue, ...messages) => ({ queue, messages });

export const context = () => {
  const waiting = [];
  return { waitUntil: (promise) => waiting.push(promise), settled: () => Promise.allSettled(waiting) };
};

export const answering = (status) => steps(() => ({ effects: [respond(status), ok] }));

// Runs `body` with console.log captured.
export async function logged(body) {
  const lines = [];
  const { log } = console;
  console.log = (line) => lines.push(line);
  try {
    return [await body(), lines];
  } finally {
    console.log = log;
  }
}
