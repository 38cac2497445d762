// The page's clock. A test can set it (`?clock=<ISO time or ms>`, `webfluentia.setClock(ms)`);
// it then runs on from there, and every badge is judged by it.

// A device's clock that is further off than this would turn good cards red: the server's counts.
const TRUSTED_MS = 120_000;
const EVERY_MS = 5000;

export class Clock {
  /**
   * @param {(nowMs: number) => void} onTick called now and then, and when the clock was set
   * @param {number} serverTime ms, as the server said it just now; NaN: it did not
   */
  constructor(onTick, serverTime) {
    const ahead = serverTime - Date.now();
    this.skew = Math.abs(ahead) > TRUSTED_MS ? ahead : 0;
    this.offset = 0;
    this.onTick = onTick;
    const given = new URLSearchParams(location.search).get('clock');
    if (given) this.#setTo(/^\d+$/.test(given) ? Number(given) : Date.parse(given));
    setInterval(() => this.tick(), EVERY_MS);
    document.addEventListener('visibilitychange', () => this.tick());
  }

  now() {
    return Date.now() + this.skew + this.offset;
  }

  /** @param {number | null} ms null goes back to the real time */
  set(ms) {
    this.#setTo(ms);
    this.tick();
  }

  tick() {
    if (!document.hidden) this.onTick(this.now());
  }

  #setTo(ms) {
    this.offset = ms === null || Number.isNaN(ms) ? 0 : ms - Date.now() - this.skew;
  }
}
