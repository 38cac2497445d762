// Cloudflare's GraphQL analytics over the recorded groups, moved in time so that the newest are of
// this hour or of yesterday. https://developers.cloudflare.com/analytics/graphql-api/
import { buildSchema, graphqlSync, GraphQLError } from 'graphql';

import { dayOf, fixturesOf } from '../fixtures.mjs';

const readFixture = fixturesOf('cloudflare');

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const iso = (ms) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const groupsOf = (name, scope, node) => readFixture(name).data.viewer[scope][0][node];

// What of each node a query may select and filter by: a name that is not here is refused, as Cloudflare does.
const NODES = {
  workersInvocationsAdaptive: {
    scope: 'account',
    name: 'scriptName',
    moment: 'datetimeHour',
    members: {
      sum: 'requests: uint64, errors: uint64, subrequests: uint64',
      quantiles: 'cpuTimeP50: float32, cpuTimeP99: float32',
      dimensions: 'datetime: Time, datetimeHour: Time, scriptName: string, status: string',
    },
    keptDays: 90,
    groups: workers,
  },
  r2OperationsAdaptiveGroups: {
    scope: 'account',
    name: 'bucketName',
    moment: 'date',
    members: {
      sum: 'requests: uint64',
      dimensions: 'date: Date, datetime: Time, bucketName: string, actionType: string, actionStatus: string',
    },
    keptDays: 31,
    groups: operations,
  },
  r2StorageAdaptiveGroups: {
    scope: 'account',
    name: 'bucketName',
    moment: 'datetime',
    members: {
      max: 'objectCount: uint64, uploadCount: uint64, payloadSize: uint64, metadataSize: uint64',
      dimensions: 'date: Date, datetime: Time, bucketName: string',
    },
    keptDays: 31,
    groups: storage,
  },
  httpRequests1dGroups: {
    scope: 'zone',
    moment: 'date',
    members: {
      sum: `requests: uint64, bytes: uint64, cachedRequests: uint64, cachedBytes: uint64, pageViews: uint64,
        threats: uint64, countryMap: [country!], responseStatusMap: [responseStatus!]`,
      uniq: 'uniques: uint64',
      dimensions: 'date: Date',
    },
    keptDays: 365,
    groups: traffic,
  },
};
const MOST_ROWS = 10_000;

const typesOf = ([node, { scope, name, members }]) => {
  const [unit, type] = scope === 'zone' ? ['date', 'Date'] : ['datetime', 'Time'];
  const orders = members.dimensions.replace(/(\w+): \w+,?/g, '$1_ASC $1_DESC');
  return `
  input ${node}Filter { ${unit}_geq: ${type}!, ${unit}_lt: ${type}!${name ? `, ${name}: string` : ''} }
  enum ${node}OrderBy { ${orders} }
  ${Object.entries(members)
    .map(([member, fields]) => `type ${node}_${member} { ${fields} }`)
    .join(' ')}
  type ${node} { ${Object.keys(members)
    .map((member) => `${member}: ${node}_${member}!`)
    .join(' ')} }
  type ${node}Settings { maxDuration: uint64, maxPageSize: uint64, notOlderThan: uint64 }
  extend type ${scope} {
    ${node}(limit: uint64!, filter: ${node}Filter!, orderBy: [${node}OrderBy!]): [${node}!]!
  }
  extend type ${scope}Settings { ${node}: ${node}Settings! }`;
};
const SCHEMA = buildSchema(`
  scalar string scalar uint64 scalar float32 scalar Time scalar Date
  type country { clientCountryName: string, requests: uint64, bytes: uint64, threats: uint64 }
  type responseStatus { edgeResponseStatus: uint64, requests: uint64 }
  input accountFilter { accountTag: string! }
  input zoneFilter { zoneTag: string! }
  type accountSettings
  type zoneSettings
  type account { settings: accountSettings! }
  type zone { settings: zoneSettings! }
  type viewer { accounts(filter: accountFilter!): [account!]!, zones(filter: zoneFilter!): [zone!]! }
  type Query { viewer: viewer! }
  ${Object.entries(NODES).map(typesOf).join('')}`);

// One recorded group per hour, the newest in the hour before this one.
function workers(nowMs) {
  const recorded = groupsOf('workers_invocations.json', 'accounts', 'workersInvocationsAdaptive');
  const newest = Math.floor(nowMs / HOUR) * HOUR - HOUR;
  return recorded.map(({ dimensions: { datetime, ...rest }, ...group }, at) => ({
    ...group,
    dimensions: { ...rest, datetimeHour: iso(newest - at * HOUR) },
  }));
}

const yesterday = (nowMs) => dayOf(nowMs - DAY);

// Both recordings: one has days, which keep their distances, the other has none and is yesterday's.
function operations(nowMs) {
  const node = 'r2OperationsAdaptiveGroups';
  const dated = groupsOf('r2_operations_statuses.built.json', 'accounts', node);
  const move = moveToYesterday(dated, nowMs);
  const undated = groupsOf('r2_operations.built.json', 'accounts', node).map(({ sum, dimensions }) => ({
    sum,
    dimensions: { ...dimensions, actionStatus: 'success', date: yesterday(nowMs), bucketName: 'media' },
  }));
  return [
    ...dated.map(({ sum, dimensions }) => ({
      sum,
      dimensions: { ...dimensions, date: move(dimensions.date), bucketName: 'archive' },
    })),
    ...undated,
  ];
}

function storage(nowMs) {
  return groupsOf('r2_storage.built.json', 'accounts', 'r2StorageAdaptiveGroups').map((group) => ({
    ...group,
    dimensions: { ...group.dimensions, datetime: `${yesterday(nowMs)}T23:00:00Z` },
  }));
}

function traffic(nowMs) {
  const recorded = groupsOf('http_requests_1d.built.json', 'zones', 'httpRequests1dGroups');
  const move = moveToYesterday(recorded, nowMs);
  return recorded.map((group) => ({ ...group, dimensions: { date: move(group.dimensions.date) } }));
}

function moveToYesterday(groups, nowMs) {
  const newest = Math.max(...groups.map(({ dimensions }) => Date.parse(dimensions.date)));
  const shift = Date.parse(yesterday(nowMs)) - newest;
  return (date) => dayOf(Date.parse(date) + shift);
}

export const origins = ['https://api.cloudflare.com'];
export const accountsOf = (bundle, vars) => [{ key: vars.CLOUDFLARE_API_TOKEN }];
export const wrongKey = () => readFixture('rest_error_invalid_token.built.json');

const complaint = (status, message, path = null) => ({
  status,
  body: { data: null, errors: [{ message, path, extensions: { timestamp: new Date().toISOString() } }] },
});

function noSuchRoute() {
  const errors = [
    { code: 7003, message: 'Could not route to the path, perhaps your object identifier is invalid?' },
  ];
  return { status: 404, body: { success: false, errors, messages: [], result: null } };
}

// How this provider words the faults of faults.mjs. Its limits come with HTTP 200 as well as 429.
export const faults = {
  401: wrongKey,
  403: () => complaint(403, 'not authorized for that account'),
  404: noSuchRoute,
  429: () => complaint(429, 'rate limiter budget depleted, try again after 5 minutes'),
  500: () => complaint(500, 'internal server error'),
  wrong_type: ({ body }) => {
    const twisted = structuredClone(body);
    for (const scopes of Object.values(twisted.data?.viewer ?? {}))
      for (const groups of Object.values(scopes[0] ?? {}))
        if (Array.isArray(groups)) groups.push({ dimensions: { date: 7 }, sum: { requests: 'many' } });
    return { status: 200, body: twisted };
  },
};

// account: {empty?, ids?: [accounts and zones]}
export function answer(account, { method, path, body, nowMs = Date.now() }) {
  if (path !== '/client/v4/graphql') return noSuchRoute();
  if (method !== 'POST') return complaint(405, 'method not allowed');
  const { query = '', variables = {} } = body ?? {};
  const scopesOf = (scope, tag) =>
    account.ids && !account.ids.includes(tag) ? [] : [scopeOf(scope, account, nowMs)];
  const viewer = {
    accounts: ({ filter }) => scopesOf('account', filter.accountTag),
    zones: ({ filter }) => scopesOf('zone', filter.zoneTag),
  };
  const { data, errors } = graphqlSync({
    schema: SCHEMA,
    source: query,
    rootValue: { viewer },
    variableValues: variables,
  });
  if (!errors) return { status: 200, body: { data, errors: null } };
  const [{ message, extensions }] = errors;
  return complaint(extensions.status ?? 400, message, extensions.status ? ['viewer'] : null);
}

function scopeOf(scope, { empty }, nowMs) {
  const nodes = Object.entries(NODES).filter(([, node]) => node.scope === scope);
  const limits = ({ keptDays }) => ({
    maxDuration: 31 * 86_400,
    maxPageSize: MOST_ROWS,
    notOlderThan: keptDays * 86_400,
  });
  return {
    settings: Object.fromEntries(nodes.map(([name, node]) => [name, limits(node)])),
    ...Object.fromEntries(
      nodes.map(([name, node]) => [name, (asked) => groupsWithin(node, asked, empty, nowMs)]),
    ),
  };
}

function groupsWithin({ groups, keptDays, moment, name }, { limit, filter }, empty, nowMs) {
  if (!(limit > 0 && limit <= MOST_ROWS))
    throw new GraphQLError(`limit must be positive number and not greater than ${MOST_ROWS}`);
  const [from, to] = ['geq', 'lt'].map((end) =>
    Date.parse(filter[`datetime_${end}`] ?? filter[`date_${end}`]),
  );
  if (from < nowMs - keptDays * DAY) {
    const message = `cannot request data older than ${inWeeks(keptDays)}, but your query did`;
    throw new GraphQLError(message, { extensions: { status: 200 } });
  }
  const isAsked = ({ dimensions }) => {
    const at = Date.parse(dimensions[moment]);
    return at >= from && at < to && (!name || dimensions[name] === filter[name]);
  };
  return empty ? [] : groups(nowMs).filter(isAsked).slice(0, limit);
}

const inWeeks = (days) => `${Math.floor(days / 7)}w${days % 7}d`;
