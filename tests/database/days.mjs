// Days in the zone of the workspace that the database's tests use, counted back from today.

export const DAY_MS = 86_400_000;
export const zone = 'Europe/Berlin';
const localDay = (ms, timeZone = zone) => new Date(ms).toLocaleDateString('sv-SE', { timeZone });
export const dayBack = (days, timeZone) => localDay(Date.now() - days * DAY_MS, timeZone);
/** Noon in Berlin, so that the days are the same by every zone that is used here. */
export const noonBack = (days) => `${dayBack(days)}T11:00:00Z`;
