// The bodies of requests. Strangers may send as many at once as they like, before anything of them can be checked, and
// an isolate has 128 MB: so many bytes are in hand, and the senders of more are to come again. Smaller ones, which most
// are, have shares of their own, and less time: whoever lets larger ones hang does not keep them out.

import { readAtMost } from './bytes.mjs';

// What the core is given, and what is held here of a delivery that is larger: more than any provider sends.
export const MAX_BODY_BYTES = 5 * 1024 * 1024;
export const MAX_HELD_BYTES = 32 * 1024 * 1024;
// By size; `longestMs` to arrive.
export const SHARES = [
  { upTo: 16 * 1024, mostBytes: 8 * 1024 * 1024, longestMs: 15_000 },
  { upTo: 256 * 1024, mostBytes: 32 * 1024 * 1024, longestMs: 15_000 },
  { upTo: Infinity, mostBytes: 64 * 1024 * 1024, longestMs: 60_000 },
];

// What one takes: it is put together from its chunks, and what the core is given is in its memory too, nearly thrice.
const bytesFor = ({ size, isWhole }) => (isWhole && size <= MAX_BODY_BYTES ? 4 : 2) * size;

export class Bodies {
  #inHand = new Set();

  constructor(now = Date.now, shares = SHARES) {
    this.now = now;
    this.shares = shares;
    this.longestMs = Math.max(...shares.map(({ longestMs }) => longestMs));
  }

  // The reply of `answer(body)`; body: its bytes, or null when there are more than `limit`. Undefined: come again.
  // `answer` gives {reply, over}, promises: the body is in hand until both are there.
  async use(request, limit, answer) {
    const own = { begun: this.now(), size: 0, isWhole: false };
    let isRefused = false;
    const admits = (size) => {
      own.size = size;
      isRefused ||= !this.#takes(own);
      return !isRefused;
    };
    const late = new AbortController();
    const timers = this.shares.map(({ longestMs }) =>
      setTimeout(() => {
        if (this.#shareOf(own).longestMs > longestMs) return;
        isRefused = true;
        late.abort();
      }, longestMs),
    );
    const stopClock = () => timers.forEach(clearTimeout);
    let over;
    try {
      const declared = Number(request.headers.get('content-length') ?? 0);
      const body = declared > limit ? null : await readAtMost(request.body, limit, admits, late.signal);
      stopClock();
      own.isWhole = true;
      if (isRefused || !this.#takes(own)) return undefined;
      const answered = answer(body);
      over = answered.over;
      return await answered.reply;
    } finally {
      stopClock();
      Promise.resolve(over).finally(() => this.#inHand.delete(own));
    }
  }

  #shareOf({ size }) {
    return this.shares.find(({ upTo }) => size <= upTo);
  }

  #takes(own) {
    this.#inHand.add(own);
    const share = this.#shareOf(own);
    let bytes = 0;
    for (const body of this.#inHand) {
      // Where a client hangs up, its request may end without a word.
      if (body.begun < this.now() - 2 * this.longestMs) this.#inHand.delete(body);
      else if (this.#shareOf(body) === share) bytes += bytesFor(body);
    }
    return bytes <= share.mostBytes;
  }
}
