// What is sent to a Worker around a core of a test's own, and what that core answers.
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
