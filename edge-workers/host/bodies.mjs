// The bodies of requests. Strangers may send as many at once as they like, before anything of them can be checked, and
// an isolate has 128 MB: so many larger ones are in hand, and the senders of more are to come again.

import { readAtMost } from './effects.mjs';

const SMALL_BYTES = 256 * 1024;
const MOST_LARGE = 3;
// Where a client hangs up, its request may end without a word: nobody waits for one that is older.
const LONGEST_MS = 60_000;

export class Bodies {
  #large = new Set();

  constructor(now = Date.now) {
    this.now = now;
  }

  // What `answer(body)` gives; body: its bytes, or null when there are more than `limit`. Undefined: come again.
  async use(request, limit, answer) {
    const own = { begun: this.now() };
    let isRefused = false;
    const admits = (size) => {
      isRefused = size > SMALL_BYTES && !this.#takes(own);
      return !isRefused;
    };
    try {
      const declared = Number(request.headers.get('content-length') ?? 0);
      const body = declared > limit ? null : await readAtMost(request.body, limit, admits);
      return isRefused ? undefined : await answer(body);
    } finally {
      this.#large.delete(own);
    }
  }

  #takes(own) {
    if (this.#large.has(own)) return true;
    for (const other of this.#large) if (other.begun < this.now() - LONGEST_MS) this.#large.delete(other);
    if (this.#large.size >= MOST_LARGE) return false;
    this.#large.add(own);
    return true;
  }
}
