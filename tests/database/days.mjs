// Days in the zone of the workspace that the database's tests use, counted back from today.

export const DAY_MS = 86_400_000;
export const zone = 'Europe/Berlin';
const today = (timeZone = zone) => new Date().toLocaleDateString('sv-SE', { timeZone });
// Days, not times 24 hours: the day of a changed clock has 23 or 25.
export const dayBack = (days, timeZone) =>
  new Date(Date.parse(today(timeZone)) - days * DAY_MS).toISOString().slice(0, 10);
/** Noon in Berlin, so that the days are the same by every zone that is used here. */
export const noonBack = (days) => `${dayBack(days)}T11:00:00Z`;
