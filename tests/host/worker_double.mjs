// A Worker around a core of a test's own, what is sent to it, and what that core answers.
import { makeWorker } from '../../edge-workers/host/host.mjs';

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
