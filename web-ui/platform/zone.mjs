// Times in the workspace's zone, for the core: it keeps UTC seconds and knows no zones.

const DATE = { day: 'numeric', month: 'short', year: 'numeric' };
const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };

function formatters(timeZone) {
  const make = (options) => new Intl.DateTimeFormat('en-GB', { ...options, timeZone });
  return {
    exact: make({ ...DATE, ...TIME, second: '2-digit', timeZoneName: 'short' }),
    day: make({ day: 'numeric', month: 'short' }),
    time: make(TIME),
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
      this.format = formatters(timeZone);
    } catch {
      this.format = formatters('UTC');
    }
  }

  brief(ms) {
    const { day, time } = this.format;
    const today = day.format(ms) === day.format(this.now());
    return today ? time.format(ms) : `${day.format(ms)}, ${time.format(ms)}`;
  }

  /** @param {'brief' | 'exact' | 'day'} style */
  text(unixSecs, style) {
    const ms = unixSecs * 1000;
    if (style === 'exact') return this.format.exact.format(ms);
    return style === 'day' ? this.format.isoDay.format(ms) : this.brief(ms);
  }
}
