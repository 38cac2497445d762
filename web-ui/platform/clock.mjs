// The page's clock. A test can set it (on this machine `?clock=<ISO time or ms>`; `webfluentia.setClock(ms)`);
// it then runs on from there, and every badge is judged by it.

// A device's clock that is further off than this would turn good cards red: the server's counts.
const TRUSTED_MS = 120_000;
const EVERY_MS = 5000;
// No tick for so long in a page that is looked at: the device slept.
const SLEPT_MS = 60_000;

// When the page was opened, as the device's clock has it now: it moves when that is set.
const openedAt = () => Date.now() - performance.now();

export class Clock {
  /**
   * @param {(nowMs: number) => void} onTick called now and then, and when the clock was set
   * @param {number} serverTime ms, as the server said it just now; NaN: it did not
   * @param {() => Promise<number>} askServer for the same again; rejects without an answer
   * @param {() => void} onJump the device's clock was set, or it slept: what is shown is old, too
   */
  constructor(onTick, serverTime, askServer, onJump) {
    this.#compare(serverTime);
    this.tickedAt = Date.now();
    this.offset = 0;
    Object.assign(this, { onTick, askServer, onJump });
    // Not in a link that somebody is sent: it would show them a day that is not today.
    const isLocal = location.hostname === '127.0.0.1';
    const given = isLocal && new URLSearchParams(location.search).get('clock');
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
    const jumped = Math.abs(openedAt() - this.openedAt) > TRUSTED_MS;
    // On some systems both clocks go on while a device sleeps.
    const slept = !document.hidden && Date.now() - this.tickedAt > SLEPT_MS;
    this.tickedAt = Date.now();
    if ((jumped && !this.hasJumped) || slept) this.onJump();
    this.hasJumped = jumped;
    if (jumped && !this.asking) this.#askAgain();
    if (!this.asking) this.#tell();
  }

  #tell() {
    if (!document.hidden) this.onTick(this.now());
  }

  // By which time to judge is known when the server has answered; without an answer it is the device's, and the next
  // tick asks.
  async #askAgain() {
    this.asking = true;
    const serverTime = await this.askServer().catch(() => null);
    this.asking = false;
    if (serverTime !== null) this.#compare(serverTime);
    this.#tell();
  }

  #compare(serverTime) {
    this.openedAt = openedAt();
    const ahead = serverTime - Date.now();
    this.skew = Math.abs(ahead) > TRUSTED_MS ? ahead : 0;
  }

  #setTo(ms) {
    this.offset = ms === null || Number.isNaN(ms) ? 0 : ms - Date.now() - this.skew;
  }
}
