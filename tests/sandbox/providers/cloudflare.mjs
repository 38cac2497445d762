// Cloudflare's GraphQL analytics over the recorded groups, moved in time so that the newest are of
// this hour or of yesterday. https://developers.cloudflare.com/analytics/graphql-api/
import { dayOf, fixturesOf } from '../fixtures.mjs';

const readFixture = fixturesOf('cloudflare');

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const iso = (ms) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const groupsOf = (name, scope, node) => readFixture(name).data.viewer[scope][0][node];

const NODES = {
  workersInvocationsAdaptive: {
    scope: 'accounts',
    name: 'scriptName',
    moment: 'datetimeHour',
    keptDays: 90,
    groups: workers,
  },
  r2OperationsAdaptiveGroups: {
    scope: 'accounts',
    name: 'bucketName',
    moment: 'date',
    keptDays: 31,
    groups: operations,
  },
  r2StorageAdaptiveGroups: {
    scope: 'accounts',
    name: 'bucketName',
    moment: 'datetime',
    keptDays: 31,
    groups: storage,
  },
  httpRequests1dGroups: { scope: 'zones', moment: 'date', keptDays: 365, groups: traffic },
};
const MOST_ROWS = 10_000;

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
  const name = Object.keys(NODES).find((node) => query.includes(`${node}(`));
  if (!name) return complaint(400, 'unknown field');
  const node = NODES[name];
  const limit = Number(/\(limit:(\d+)/.exec(query)?.[1] ?? 0);
  if (!(limit > 0 && limit <= MOST_ROWS))
    return complaint(400, `limit must be positive number and not greater than ${MOST_ROWS}`);
  if (account.ids && !account.ids.includes(variables.tag)) return found(node, []);
  const from = Date.parse(variables.from);
  const kept = node.keptDays * DAY;
  if (from < nowMs - kept)
    return complaint(200, `cannot request data older than ${inWeeks(node.keptDays)}, but your query did`, [
      'viewer',
    ]);
  const groups = account.empty ? [] : within(node, node.groups(nowMs), variables);
  const settings = query.includes('settings{') && {
    settings: { [name]: { maxDuration: 31 * 86_400, maxPageSize: MOST_ROWS, notOlderThan: kept / 1000 } },
  };
  return found(node, [{ ...settings, [name]: groups.slice(0, limit) }]);
}

const inWeeks = (days) => `${Math.floor(days / 7)}w${days % 7}d`;

const found = ({ scope }, scopes) => ({
  status: 200,
  body: { data: { viewer: { [scope]: scopes } }, errors: null },
});

function within({ moment, name }, groups, { from, to, name: wanted }) {
  return groups.filter(({ dimensions }) => {
    const at = Date.parse(dimensions[moment]);
    return at >= Date.parse(from) && at < Date.parse(to) && (!name || dimensions[name] === wanted);
  });
}
