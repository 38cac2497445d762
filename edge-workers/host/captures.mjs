// Credentials that expire (access tokens, signed assertions), kept in memory by workspace and name
// until shortly before they do. They are never written anywhere.

const EARLY_MS = 60_000; // a call that is on its way must still arrive in time
const DEFAULT_EXPIRES_SECS = 300;
const POLL_MS = 25;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Captures {
  #kept = new Map();
  #flights = new Map();

  constructor(now = Date.now) {
    this.now = now;
  }

  get(workspace, name) {
    const kept = this.#kept.get(keyOf(workspace, name));
    return kept && kept.until > this.now() ? kept.value : undefined;
  }

  // False where it would be over before it is used.
  keep(workspace, name, value, expiresInSecs) {
    const secs = Number(expiresInSecs ?? DEFAULT_EXPIRES_SECS);
    const until = this.now() + (Number.isFinite(secs) ? secs : DEFAULT_EXPIRES_SECS) * 1000 - EARLY_MS;
    this.#kept.set(keyOf(workspace, name), { value, until });
    return until > this.now();
  }

  // Single flight: who asks while another fetches the same credential gets that one's result. The
  // second looks, it does not await the first's promise: that one's request may end at any time.
  async once(workspace, name, patienceMs, fetch) {
    const key = keyOf(workspace, name);
    const deadline = this.now() + patienceMs;
    const ahead = this.#flights.get(key);
    while (ahead && !ahead.result && this.now() < deadline) await pause(POLL_MS);
    if (ahead?.result) return ahead.result;
    const flight = { result: null };
    this.#flights.set(key, flight);
    try {
      return (flight.result = await fetch());
    } finally {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    }
  }
}

const keyOf = (workspace, name) => `${workspace ?? ''} ${name}`;
