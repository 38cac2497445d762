// Keeps one workspace's rows up to date: everything once and at each (re)connection, then what
// changed, told by Realtime. While that is down everything is read every 15 seconds: what is gone
// has no time of change. And every five minutes while it is up: it may be joined and tell nothing.
// All this while somebody looks.

const POLL_MS = 15_000;
const LIVE_POLL_MS = 300_000;
const ACTIVITY_DELAY_MS = 400;
// A mailing brings a delivery a second for an hour.
const ACTIVITY_MS = 5000;
const RETRY_MS = 3000;
// Longer than this the first cards do not wait for their charts.
const CHARTS_MS = 1500;
const AWAY_MS = 60_000;
// Days change with a sync, not with each of its pages.
const SERIES_MS = 60_000;
// A row is stamped before its transaction is committed: a later stamp may be seen first.
const OVERLAP_MS = 60_000;
// A connection that comes back at once is not worth a word.
const RECONNECT_GRACE_MS = 3000;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const latest = (rows, since) =>
  rows.reduce((at, { updated_at }) => (updated_at > at ? updated_at : at), since);

function overlapping(since) {
  const ms = Date.parse(since);
  return Number.isNaN(ms) ? undefined : new Date(ms - OVERLAP_MS).toISOString();
}

export class Feed {
  /**
   * @param {{rest, live, clientId: string, post: (kind: string, value: object) => void,
   *   onWorkspaceChange: () => void}} parts
   */
  constructor({ rest, live, clientId, post, onWorkspaceChange }) {
    Object.assign(this, { rest, clientId, post, onWorkspaceChange });
    this.rows = new Map();
    this.activityFailures = 0;
    this.hasCharts = false;
    this.since = '';
    this.allDue = true;
    this.isLive = false;
    this.isWaking = false;
    this.closed = false;
    this.workspaceReadAt = performance.now();
    this.poll = setInterval(() => this.#readAgain(), POLL_MS);
    this.whenOnline = () => this.#connectionChanged(true);
    addEventListener('online', this.whenOnline);
    addEventListener('offline', this.whenOnline);
    this.hiddenAt = document.hidden ? Date.now() : Infinity;
    this.whenSeen = () => this.#seen();
    document.addEventListener('visibilitychange', this.whenSeen);
    this.#showLink();
    this.stopListening = live.listen(clientId, {
      onChange: (payload) => this.#changed(payload),
      onState: (isLive) => this.#liveChanged(isLive),
    });
  }

  close() {
    this.closed = true;
    this.stopListening();
    clearInterval(this.poll);
    clearTimeout(this.activityTimer);
    clearTimeout(this.seriesTimer);
    clearTimeout(this.grace);
    clearTimeout(this.retry);
    removeEventListener('online', this.whenOnline);
    removeEventListener('offline', this.whenOnline);
    document.removeEventListener('visibilitychange', this.whenSeen);
  }

  start() {
    return this.#catchUp();
  }

  /** What is shown is from before nobody looked: by the time that it is now it must not be judged. */
  get isBehind() {
    return this.isWaking || this.#wasAway();
  }

  #wasAway() {
    return !document.hidden && Date.now() - this.hiddenAt > AWAY_MS;
  }

  #seen() {
    if (this.#wasAway()) this.wake();
    else if (!document.hidden && this.allDue) this.#catchUp();
    this.hiddenAt = document.hidden ? Date.now() : Infinity;
  }

  /** After a while in which nobody looked or the device slept, and nothing may have been heard. */
  wake() {
    this.isWaking = true;
    this.#showLink();
    return this.#readAnew();
  }

  #caughtUp() {
    if (!this.isWaking) return;
    this.isWaking = false;
    this.#showLink();
  }

  #readAgain() {
    if (performance.now() - this.workspaceReadAt >= LIVE_POLL_MS) return this.#readAnew();
    if (!this.isLive) return this.readAll();
  }

  /** With the workspace itself, its name and its zone, and which there are. */
  #readAnew() {
    if (this.#isUnseen()) return;
    this.workspaceReadAt = performance.now();
    this.onWorkspaceChange();
    return this.readAll();
  }

  readAll() {
    this.allDue = true;
    return this.#catchUp();
  }

  #changed({ table, removed } = {}) {
    if (table === 'workspaces') return this.onWorkspaceChange();
    if (removed) this.readAll();
    else this.#catchUp();
  }

  #liveChanged(isLive) {
    const isBack = isLive && this.wasLive;
    this.wasLive ||= isLive;
    this.isLive = isLive;
    this.#connectionChanged(isBack);
  }

  #connectionChanged(isBack) {
    this.#showLink();
    if (!navigator.onLine) return;
    if (isBack) this.#readAnew();
    else this.readAll();
  }

  #showLink() {
    if (this.closed) return;
    if (this.isLive || !navigator.onLine) {
      clearTimeout(this.grace);
      this.grace = undefined;
      this.isDown = false;
    } else {
      this.grace ??= setTimeout(() => {
        this.isDown = true;
        this.#showLink();
      }, RECONNECT_GRACE_MS);
    }
    this.post('link', { state: this.#link() });
  }

  #link() {
    if (!navigator.onLine) return 'offline';
    if (this.isWaking) return 'connecting';
    if (this.isLive) return 'live';
    return this.isDown ? 'polling' : 'connecting';
  }

  /** Where nobody looks nothing is read, and all of it once somebody does. */
  #isUnseen() {
    const isUnseen = document.hidden && this.hasRead;
    this.allDue ||= isUnseen;
    return isUnseen;
  }

  /** One read at a time; what arrives meanwhile asks for one more. */
  async #catchUp() {
    if (this.#isUnseen()) return;
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    do {
      this.again = false;
      await this.#readChanges();
    } while (this.again && !this.closed);
    this.reading = false;
  }

  async #readChanges() {
    const all = this.allDue;
    this.allDue = false;
    try {
      const facts = this.#readFacts(all ? undefined : overlapping(this.since));
      // The first cards come with their charts, unless these are slow.
      const charts = this.hasRead || Promise.race([this.#readActivity(), wait(CHARTS_MS)]);
      const [rows] = await Promise.all([facts, charts]);
      if (this.closed) return;
      if (all) {
        this.#caughtUp();
        this.rows.clear();
        // Each workspace has some: this one may not be theirs any more.
        if (rows.length === 0) this.onWorkspaceChange();
      }
      this.#take(rows);
      if (this.hasRead) this.#readActivitySoon();
      this.hasRead = true;
    } catch (error) {
      this.allDue ||= all;
      this.#failed(error);
      if (!this.again) this.#caughtUp();
    }
  }

  /** What is shown stays; while live nothing else would ask again. */
  #failed({ message }) {
    if (this.closed) return;
    this.post('read', { ms: null });
    if (!this.hasRead) this.post('failed', { message });
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.#catchUp(), RETRY_MS);
  }

  /** How long it took is itself worth showing: it is the database's own card. */
  async #readFacts(since) {
    const started = performance.now();
    const rows = await this.rest.facts(this.clientId, since);
    if (!this.closed) this.post('read', { ms: Math.round(performance.now() - started) });
    return rows;
  }

  #take(rows) {
    for (const row of rows) this.rows.set(`${row.service}/${row.stream}/${row.partition}`, row);
    this.since = latest(rows, this.since);
    if (this.since) this.post('changed', { at: this.since });
    this.post('services', [...this.rows.values()]);
  }

  #readActivitySoon() {
    const rest = this.activityAt + ACTIVITY_MS - performance.now();
    this.activityTimer ??= setTimeout(() => this.#readActivity(), Math.max(rest, ACTIVITY_DELAY_MS));
  }

  /** The charts are worth nothing without the cards, which say so where the charts could not be read. */
  async #readActivity() {
    clearTimeout(this.activityTimer);
    this.activityTimer = undefined;
    if (this.#isUnseen()) return;
    this.activityAt = performance.now();
    try {
      const rows = await this.rest.activity(this.clientId);
      if (this.closed) return;
      this.activityFailures = 0;
      this.hasCharts = true;
      this.post('activity', rows);
      this.#readSeriesLate(); // no card waits for it
    } catch {
      // What is shown stays, for minutes: then it would be told as of today. A database that was too slow is not
      // asked again at once.
      this.activityFailures += 1;
      if (this.closed) return;
      if (this.activityFailures === 3 || !this.hasCharts) this.post('activity', null);
      clearTimeout(this.activityTimer); // of another that failed meanwhile
      this.activityTimer = setTimeout(() => this.#readActivity(), SERIES_MS);
    }
  }

  /** What is unusual, at most once a minute; a change in between is read when the minute is over. */
  async #readSeries() {
    const left = (this.seriesAt ?? -Infinity) + SERIES_MS - performance.now();
    if (left > 0) {
      this.seriesTimer ??= setTimeout(() => this.#readSeriesLate(), left);
      return;
    }
    this.seriesAt = performance.now();
    const answer = await this.rest.series(this.clientId);
    if (!this.closed) this.post('series', answer);
  }

  #readSeriesLate() {
    this.seriesTimer = undefined;
    this.#readSeries().catch(() => {});
  }
}
