// Times in the workspace's zone, for the core: it keeps UTC seconds and knows no zones.

const DAY = { day: 'numeric', month: 'short' };
const DATE = { ...DAY, year: 'numeric' };
const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const TIME_WITH_ZONE = { ...TIME, timeZoneName: 'short' };

function formatters(timeZone) {
  const make = (options) => new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
  const offset = { timeZoneName: 'longOffset' };
  return {
    exact: make({ ...DATE, ...TIME_WITH_ZONE, second: '2-digit' }),
    day: make(DAY),
    date: make(DATE),
    year: make({ year: 'numeric' }),
    time: make(TIME),
    timeWithZone: make(TIME_WITH_ZONE),
    offset: make(offset),
    offsetHere: make({ ...offset, timeZone: undefined }),
    isoDay: new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }),
  };
}

const offsetOf = (format, ms) => format.formatToParts(ms).find(({ type }) => type === 'timeZoneName').value;

export class Zone {
  /** @param {() => number} now */
  constructor(now) {
    this.now = now;
    this.set('UTC');
  }

  /** An unknown zone name falls back to UTC. */
  set(timeZone) {
    try {
      this.format = formatters(timeZone);
    } catch {
      this.format = formatters('UTC');
    }
  }

  brief(ms) {
    const { day, date, year } = this.format;
    const now = this.now();
    if (date.format(ms) === date.format(now)) return this.#time(ms);
    const isThisYear = year.format(ms) === year.format(now);
    return `${(isThisYear ? day : date).format(ms)}, ${this.#time(ms)}`;
  }

  /** Whoever is elsewhere would take a bare time for one of their own. Zones differ at some times and not at others. */
  #time(ms) {
    const { time, timeWithZone, offset, offsetHere } = this.format;
    const isElsewhere = offsetOf(offset, ms) !== offsetOf(offsetHere, ms);
    return (isElsewhere ? timeWithZone : time).format(ms);
  }

  /** @param {'brief' | 'exact' | 'day'} style */
  text(unixSecs, style) {
    const ms = unixSecs * 1000;
    if (style === 'exact') return this.format.exact.format(ms);
    return style === 'day' ? this.format.isoDay.format(ms) : this.brief(ms);
  }
}
