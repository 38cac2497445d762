// The page's clock. A test can set it (`?clock=<ISO time or ms>`, `webfluentia.setClock(ms)`);
// it then runs on from there, and every badge is judged by it.

export class Clock {
  /** @param {(nowMs: number) => void} onTick called now and then, and when the clock was set */
  constructor(onTick, everyMs = 5000) {
    this.offset = 0;
    this.onTick = onTick;
    const given = new URLSearchParams(location.search).get('clock');
    if (given) this.#setTo(/^\d+$/.test(given) ? Number(given) : Date.parse(given));
    setInterval(() => this.tick(), everyMs);
    document.addEventListener('visibilitychange', () => this.tick());
  }

  now() {
    return Date.now() + this.offset;
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
    this.offset = ms === null || Number.isNaN(ms) ? 0 : ms - Date.now();
  }
}
