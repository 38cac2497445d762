// The bodies of requests. Strangers may send as many at once as they like, before anything of them can be checked, and
// an isolate has 128 MB: of larger ones so many bytes are in hand, and the senders of more are to come again.

import { readAtMost } from './bytes.mjs';

const SMALL_BYTES = 256 * 1024;
// What the core is given, and what is held here of a delivery that is larger: more than any provider sends.
export const MAX_BODY_BYTES = 5 * 1024 * 1024;
export const MAX_HELD_BYTES = 32 * 1024 * 1024;
const MOST_BYTES = 48 * 1024 * 1024;
// Where a client hangs up, its request may end without a word: nobody waits for one that is older, and it gets no more.
const LONGEST_MS = 60_000;

// The core has the same bytes in its own memory, some of them twice.
const bytesFor = (size) => (size > MAX_BODY_BYTES ? size : 3 * size);

export class Bodies {
  #large = new Set();

  constructor(now = Date.now) {
    this.now = now;
  }

  // What `answer(body)` gives; body: its bytes, or null when there are more than `limit`. Undefined: come again.
  async use(request, limit, answer) {
    const own = { begun: this.now(), size: 0 };
    let isRefused = false;
    const admits = (size) => {
      isRefused = size > SMALL_BYTES && !this.#takes(own, size);
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

  #takes(own, size) {
    own.size = size;
    this.#large.add(own);
    let inHand = 0;
    for (const body of this.#large) {
      if (body.begun < this.now() - LONGEST_MS) this.#large.delete(body);
      else inHand += bytesFor(body.size);
    }
    return this.#large.has(own) && inHand <= MOST_BYTES;
  }
}
