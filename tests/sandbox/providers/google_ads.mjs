// Google Ads' reports over the recorded rows, moved in time so that the newest day is yesterday.
// https://developers.google.com/google-ads/api/rest/reference/rest/v26/customers.googleAds/search

import { holderOf, keyOfToken } from './google_oauth.mjs';
import { dayOf, fixturesOf } from '../fixtures.mjs';

const readFixture = fixturesOf('google-ads');

const DAY = 86_400_000;
const NEWEST_RECORDED = Date.parse('2026-11-21');
const OLDEST_LIVING_VERSION = 23;
const CUSTOMER = '1234567890';

const streamed = (name) => readFixture(name).flatMap(({ results }) => results);
const REPORTS = {
  campaign: () => streamed('searchstream_campaigns.built.json'),
  search_term_view: () => readFixture('search_search_terms.built.json').results,
  // Of all kinds of campaigns, unless one is asked for.
  campaign_search_term_view: ({ kind }) => [
    ...readFixture('search_performance_max_terms.built.json').results,
    ...(kind === 'PERFORMANCE_MAX' ? [] : REPORTS.search_term_view().map(ofCampaign)),
  ],
  conversion_action: () => readFixture('search_conversions.built.json').results,
};

const ofCampaign = ({ searchTermView: { searchTerm }, ...row }) => ({
  ...row,
  campaignSearchTermView: { searchTerm },
});
const fault = (status, name) => ({ status, body: readFixture(name) });

export const origins = ['https://googleads.googleapis.com'];
export const accountsOf = ({ google_ads: ads }) => [
  { key: holderOf(ads), customers: [ads?.customer_id], pageLimit: 2 },
];
export const keyOf = (headers) => keyOfToken(headers, 'adwords');
export const wrongKey = () => fault(401, 'error_401_unauthenticated.built.json');

export const faults = {
  401: wrongKey,
  // Recorded of searchStream, whose errors come in a list; those of search do not.
  403: () => ({ status: 403, body: readFixture('error_login_customer.built.json')[0] }),
  404: () => ({
    status: 404,
    body: '<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title>',
    headers: { 'content-type': 'text/html; charset=UTF-8' },
  }),
  429: () => fault(429, 'error_quota_search.built.json'),
  // Google Ads says in the body how long to wait.
  '429_retry_after': (_, { retry_after = 30 }) => {
    const limit = faults[429]();
    const [failure] = limit.body.error.details[0].errors;
    failure.message = `Too many requests. Retry in ${retry_after} seconds.`;
    failure.details.quotaErrorDetails.retryDelay = `${retry_after}s`;
    return limit;
  },
  500: () => ({
    status: 500,
    body: { error: { code: 500, message: 'Internal error encountered.', status: 'INTERNAL' } },
  }),
  wrong_type: ({ body }) => {
    const twisted = structuredClone(body);
    for (const { metrics } of twisted.results ?? []) metrics.impressions = 'a lot';
    return { status: 200, body: twisted };
  },
};

// account: {empty?, customers?: [ids], pageLimit?: rows of a page}
export function answer(account, { method, path, body, nowMs = Date.now() }) {
  const [, version, customer, call] = /^\/v(\d+)\/customers\/(\d+)\/googleAds:(\w+)$/.exec(path) ?? [];
  if (!version || Number(version) < OLDEST_LIVING_VERSION) return faults[404]();
  if (method !== 'POST') return faults[404]();
  if (!(account.customers ?? [CUSTOMER]).includes(customer)) return faults[403]();
  const { query = '', pageToken, pageSize } = typeof body === 'string' ? JSON.parse(body) : body;
  const asked = readQuery(query);
  if (!asked || pageSize) return fault(400, 'error_query.built.json');
  const rows = account.empty ? [] : rowsOf(asked, customer, nowMs);
  return call === 'searchStream'
    ? stream(rows, asked)
    : page(rows, asked, account.pageLimit ?? 10_000, pageToken);
}

const QUERY = new RegExp(
  `^SELECT (.+) FROM (\\w+) WHERE segments\\.date BETWEEN '([\\d-]+)' AND '([\\d-]+)'` +
    `(?: AND campaign\\.advertising_channel_type = '(\\w+)')?(?: ORDER BY segments\\.date(?: DESC)?)?$`,
);

// Null: a query that Google would refuse. A report has the fields that its recorded rows have; clicks and cost
// are not among those by conversion action.
function readQuery(query) {
  const [, select, from, first, last, kind] = QUERY.exec(query) ?? [];
  if (!select || first > last) return null;
  const fields = select.split(',').map((field) => camelCase(field.trim()));
  const report = fields.includes('segments.conversionAction') ? 'conversion_action' : from;
  const known = new Set(REPORTS[report]?.({ kind }).flatMap(fieldsOf));
  return fields.every((field) => known.has(field)) ? { fields, report, kind, first, last } : null;
}

const fieldsOf = (row) =>
  Object.entries(row).flatMap(([name, resource]) =>
    Object.keys(resource).map((member) => `${name}.${member}`),
  );

const camelCase = (field) => field.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

function rowsOf({ fields, report, kind, first, last }, customer, nowMs) {
  const shift = Date.parse(dayOf(nowMs - DAY)) - NEWEST_RECORDED;
  return REPORTS[report]({ kind })
    .map((row) => {
      row.segments.date = dayOf(Date.parse(row.segments.date) + shift);
      row.customer = { ...row.customer, resourceName: `customers/${customer}`, id: customer };
      return row;
    })
    .filter(({ segments: { date } }) => date >= first && date <= last)
    .sort((a, b) => b.segments.date.localeCompare(a.segments.date))
    .map((row) => selected(row, fields));
}

// A row holds what was selected, and the names of the resources it is about.
function selected(row, fields) {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([name]) => fields.some((field) => field.startsWith(`${name}.`)))
      .map(([name, resource]) => [
        name,
        Object.fromEntries(
          Object.entries(resource).filter(
            ([member]) => member === 'resourceName' || fields.includes(`${name}.${member}`),
          ),
        ),
      ]),
  );
}

const withRows = (rows, rest) => (rows.length > 0 ? { results: rows, ...rest } : rest);

function stream(rows, { fields }) {
  const chunk = { results: rows, fieldMask: fields.join(), requestId: 'sandbox' };
  return { status: 200, body: rows.length > 0 ? [chunk] : [] };
}

function page(rows, { fields }, limit, token) {
  const from = token ? Number(Buffer.from(token, 'base64url').toString()) : 0;
  if (!(from >= 0 && from <= rows.length)) return fault(400, 'error_query.built.json');
  const rest = { fieldMask: fields.join(), queryResourceConsumption: '256' };
  if (from + limit < rows.length)
    rest.nextPageToken = Buffer.from(String(from + limit)).toString('base64url');
  return { status: 200, body: withRows(rows.slice(from, from + limit), rest) };
}
