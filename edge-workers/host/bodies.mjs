// The bodies of requests. Strangers may send as many at once as they like, before anything of them can be checked, and
// an isolate has 128 MB: of larger ones so many bytes are in hand, and the senders of more are to come again.

import { readAtMost } from './bytes.mjs';

const SMALL_BYTES = 256 * 1024;
// What the core is given, and what is held here of a delivery that is larger: more than any provider sends.
export const MAX_BODY_BYTES = 5 * 1024 * 1024;
export const MAX_HELD_BYTES = 32 * 1024 * 1024;
const MOST_BYTES = 64 * 1024 * 1024;
const LONGEST_MS = 60_000; // to arrive

// What one takes: it is put together from its chunks, and what the core is given is in its memory too, nearly thrice.
const bytesFor = (size) => (size > MAX_BODY_BYTES ? 2 : 4) * size;

export class Bodies {
  #large = new Set();

  constructor(now = Date.now, longestMs = LONGEST_MS) {
    this.now = now;
    this.longestMs = longestMs;
  }

  // The reply of `answer(body)`; body: its bytes, or null when there are more than `limit`. Undefined: come again.
  // `answer` gives {reply, over}, promises: the body is in hand until both are there.
  async use(request, limit, answer) {
    const own = { begun: this.now(), size: 0 };
    let isRefused = false;
    const admits = (size) => {
      isRefused ||= size > SMALL_BYTES && !this.#takes(own, size);
      return !isRefused;
    };
    const late = new AbortController();
    const timer = setTimeout(() => {
      isRefused = true;
      late.abort();
    }, this.longestMs);
    let over;
    try {
      const declared = Number(request.headers.get('content-length') ?? 0);
      const body = declared > limit ? null : await readAtMost(request.body, limit, admits, late.signal);
      clearTimeout(timer);
      if (isRefused) return undefined;
      const answered = answer(body);
      over = answered.over;
      return await answered.reply;
    } finally {
      clearTimeout(timer);
      Promise.resolve(over).finally(() => this.#large.delete(own));
    }
  }

  #takes(own, size) {
    own.size = size;
    this.#large.add(own);
    let inHand = 0;
    for (const body of this.#large) {
      // Where a client hangs up, its request may end without a word.
      if (body.begun < this.now() - 2 * this.longestMs) this.#large.delete(body);
      else inHand += bytesFor(body.size);
    }
    return inHand <= MOST_BYTES;
  }
}
