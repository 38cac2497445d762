// The bodies of requests. Strangers may send as many at once as they like, before anything of them can be checked, and
// an isolate has 128 MB: so many bytes are in hand, and the senders of more are to come again. Small ones, which most
// are, have a share of their own, and less time: whoever lets large ones hang does not keep them out.

import { readAtMost } from './bytes.mjs';

const SMALL_BYTES = 256 * 1024;
// What the core is given, and what is held here of a delivery that is larger: more than any provider sends.
export const MAX_BODY_BYTES = 5 * 1024 * 1024;
export const MAX_HELD_BYTES = 32 * 1024 * 1024;
const MOST_BYTES = { large: 64 * 1024 * 1024, small: 32 * 1024 * 1024 };
const LONGEST_MS = { large: 60_000, small: 15_000 }; // to arrive

// What one takes: it is put together from its chunks, and what the core is given is in its memory too, nearly thrice.
const bytesFor = (size) => (size > MAX_BODY_BYTES ? 2 : 4) * size;
const shareOf = (size) => (size > SMALL_BYTES ? 'large' : 'small');

export class Bodies {
  #inHand = new Set();

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
      isRefused ||= !this.#takes(own, size);
      return !isRefused;
    };
    const late = new AbortController();
    const isLate = () => {
      isRefused = true;
      late.abort();
    };
    const { small, large } = this.longestMs;
    const timers = [
      setTimeout(() => shareOf(own.size) === 'small' && isLate(), small),
      setTimeout(isLate, large),
    ];
    const stopClock = () => timers.forEach(clearTimeout);
    let over;
    try {
      const declared = Number(request.headers.get('content-length') ?? 0);
      const body = declared > limit ? null : await readAtMost(request.body, limit, admits, late.signal);
      stopClock();
      if (isRefused) return undefined;
      const answered = answer(body);
      over = answered.over;
      return await answered.reply;
    } finally {
      stopClock();
      Promise.resolve(over).finally(() => this.#inHand.delete(own));
    }
  }

  #takes(own, size) {
    own.size = size;
    this.#inHand.add(own);
    const share = shareOf(size);
    let bytes = 0;
    for (const body of this.#inHand) {
      // Where a client hangs up, its request may end without a word.
      if (body.begun < this.now() - 2 * this.longestMs.large) this.#inHand.delete(body);
      else if (shareOf(body.size) === share) bytes += bytesFor(body.size);
    }
    return bytes <= MOST_BYTES[share];
  }
}
