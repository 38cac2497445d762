// Search Console's performance report over the recorded rows, moved in time so that the newest day is
// yesterday. https://developers.google.com/webmaster-tools/v1/searchanalytics/query

import { holderOf, keyOfToken } from './google_oauth.mjs';
import { dayOf, fixturesOf } from '../fixtures.mjs';

const readFixture = fixturesOf('search-console');

const DAY = 86_400_000;
const PACIFIC = -8 * 3_600_000;
const NEWEST_RECORDED = Date.parse('2026-11-22');
const MOST_ROWS = 25_000;
const DIMENSIONS = ['date', 'query', 'page'];
const MEMBERS = [
  'startDate',
  'endDate',
  'dimensions',
  'type',
  'dataState',
  'rowLimit',
  'startRow',
  'aggregationType',
];

const fault = (status, name) => ({ status, body: readFixture(name) });

export const origins = ['https://searchconsole.googleapis.com'];
export const accountsOf = ({ search_console: search }) => [
  { key: holderOf(search), sites: [search?.site_url].flat() },
];
export const keyOf = (headers) => keyOfToken(headers, 'webmasters.readonly');
export const wrongKey = () => ({
  status: 401,
  body: {
    error: {
      code: 401,
      message: 'Request had invalid authentication credentials.',
      errors: [{ message: 'Invalid Credentials', domain: 'global', reason: 'authError' }],
      status: 'UNAUTHENTICATED',
    },
  },
});

function notFound() {
  return { status: 404, body: { error: { code: 404, message: 'Not Found', status: 'NOT_FOUND' } } };
}

export const faults = {
  401: wrongKey,
  403: () => fault(403, 'error_403_forbidden.built.json'),
  404: notFound,
  429: () => fault(429, 'error_429_quota.built.json'),
  quota_403: () => fault(403, 'error_403_quota_reason.built.json'),
  500: () => ({ status: 500, body: { error: { code: 500, message: 'Backend Error', status: 'INTERNAL' } } }),
  wrong_type: ({ body }) => ({
    status: 200,
    body: { ...body, rows: (body.rows ?? []).map((row) => ({ ...row, clicks: 'many' })) },
  }),
};

const invalid = (message) => ({
  status: 400,
  body: {
    error: { code: 400, message, errors: [{ message, domain: 'global', reason: 'invalidParameter' }] },
  },
});

// account: {empty?, sites?: [properties it may read; absent: any], rows?: so many of the newest day by query}
export function answer(account, { method, path, body, nowMs = Date.now() }) {
  if (path === '/webmasters/v3/sites') return fault(200, 'sites_list.built.json');
  const [, encoded] = /^\/webmasters\/v3\/sites\/([^/]+)\/searchAnalytics\/query$/.exec(path) ?? [];
  if (!encoded || method !== 'POST') return notFound();
  if (account.sites && !account.sites.includes(decodeURIComponent(encoded))) return faults[403]();
  const asked = typeof body === 'string' ? JSON.parse(body) : body;
  const unknown = Object.keys(asked).find((name) => !MEMBERS.includes(name));
  if (unknown) return invalid(`Unknown name "${unknown}": Cannot find field.`);
  const { startDate, endDate, dimensions = [], rowLimit = 1000, startRow = 0 } = asked;
  if (!(rowLimit >= 1 && rowLimit <= MOST_ROWS)) return invalid('Row limit must be between 1 and 25000.');
  if (!(startDate <= endDate) || dimensions.some((name) => !DIMENSIONS.includes(name)))
    return invalid('Request contains an invalid argument.');
  const rows = account.empty ? [] : rowsOf(dimensions, startDate, endDate, nowMs, account.rows);
  return { status: 200, body: report(asked, rows.slice(startRow, startRow + rowLimit), nowMs) };
}

// No `rows` member when there are none; metadata only where unfinished days were asked for by day.
function report({ dimensions = [], dataState, endDate }, rows, nowMs) {
  const responseAggregationType = dimensions.includes('page') ? 'byPage' : 'byProperty';
  const body = rows.length > 0 ? { rows, responseAggregationType } : { responseAggregationType };
  const { first_incomplete_date: recorded } = readFixture('query_date_all_with_metadata.built.json').metadata;
  const first = moved(recorded, nowMs);
  if (dataState === 'all' && dimensions.includes('date') && endDate >= first)
    body.metadata = { first_incomplete_date: first };
  return body;
}

function moved(day, nowMs) {
  const yesterday = Date.parse(dayOf(nowMs + PACIFIC - DAY));
  return dayOf(Date.parse(day) + yesterday - NEWEST_RECORDED);
}

function totals(nowMs) {
  return ['query_date.built.json', 'query_date_all_with_metadata.built.json']
    .flatMap((name) => readFixture(name).rows)
    .map(({ keys: [date], ...figures }) => ({ date: moved(date, nowMs), figures }));
}

// A day of the totals has the recorded queries and pages; by page alone, each page once. Of `many`, the newest
// day has more than are recorded, with numbered queries: a page ends at the rows that were asked for only.
function rowsOf(dimensions, startDate, endDate, nowMs, many = 0) {
  const days = totals(nowMs).filter(({ date }) => date >= startDate && date <= endDate);
  if (dimensions.every((name) => name === 'date'))
    return days.map(({ date, figures }) => (dimensions.length > 0 ? { keys: [date], ...figures } : figures));
  const newest = days.at(-1)?.date;
  return days.flatMap(({ date }) => {
    const recorded = readFixture('query_query_page.built.json').rows;
    const more = date === newest && dimensions.includes('query') ? many - recorded.length : 0;
    const numbered = Array.from({ length: Math.max(0, more) }, (_, i) => {
      const { keys, ...figures } = recorded[i % recorded.length];
      return { keys: [`${keys[0]} ${i}`, keys[1]], ...figures };
    });
    return [...recorded, ...numbered].map(({ keys: [query, page], ...figures }) => ({
      keys: dimensions.map((name) => ({ date, query, page })[name]),
      ...figures,
    }));
  });
}
