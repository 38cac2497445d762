// Times in the workspace's zone, for the core: it keeps UTC seconds and knows no zones.

const DAY = { day: 'numeric', month: 'short' };
const DATE = { ...DAY, year: 'numeric' };
const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };

function offsetIn(timeZone, ms) {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'longOffset' }).formatToParts(ms);
  return parts.find(({ type }) => type === 'timeZoneName').value;
}

/** Whoever is elsewhere would take a bare time for one of their own. */
function formatters(timeZone, now) {
  const make = (options) => new Intl.DateTimeFormat('en-GB', { ...options, timeZone });
  const isElsewhere = offsetIn(timeZone, now) !== offsetIn(undefined, now);
  return {
    exact: make({ ...DATE, ...TIME, second: '2-digit', timeZoneName: 'short' }),
    day: make(DAY),
    date: make(DATE),
    year: make({ year: 'numeric' }),
    time: make(isElsewhere ? { ...TIME, timeZoneName: 'short' } : TIME),
    isoDay: new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }),
  };
}

export class Zone {
  /** @param {() => number} now */
  constructor(now) {
    this.now = now;
    this.set('UTC');
  }

  /** An unknown zone name falls back to UTC. */
  set(timeZone) {
    try {
      this.format = formatters(timeZone, this.now());
    } catch {
      this.format = formatters('UTC', this.now());
    }
  }

  brief(ms) {
    const { day, date, year, time } = this.format;
    const now = this.now();
    if (date.format(ms) === date.format(now)) return time.format(ms);
    const isThisYear = year.format(ms) === year.format(now);
    return `${(isThisYear ? day : date).format(ms)}, ${time.format(ms)}`;
  }

  /** @param {'brief' | 'exact' | 'day'} style */
  text(unixSecs, style) {
    const ms = unixSecs * 1000;
    if (style === 'exact') return this.format.exact.format(ms);
    return style === 'day' ? this.format.isoDay.format(ms) : this.brief(ms);
  }
}
