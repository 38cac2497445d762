// The Graph API over the recorded figures and posts, moved in time so that the newest day is yesterday in
// California. https://developers.facebook.com/docs/graph-api
import { createHmac } from 'node:crypto';

import { fixturesOf } from '../fixtures.mjs';

const readRecorded = fixturesOf('meta');
const readFixture = (name) => readRecorded(`${name}.built.json`);

const VERSION = 'v26.0';
const DAY = 86_400_000;
const LONGEST_MS = { page: 93 * DAY, instagram: 30 * DAY };
const PAGE_MARK = '.page.';

const LIVING = new Set(
  `page_media_view page_total_media_view_unique page_post_engagements page_views_total page_video_views
  page_follows page_daily_follows page_daily_follows_unique page_daily_unfollows_unique page_total_actions
  page_actions_post_reactions_like_total page_actions_post_reactions_love_total
  page_actions_post_reactions_wow_total page_actions_post_reactions_haha_total
  page_actions_post_reactions_sorry_total page_actions_post_reactions_anger_total
  post_media_view post_total_media_view_unique
  reach views accounts_engaged total_interactions likes comments saves saved shares replies profile_links_taps
  follows_and_unfollows follower_count`.split(/\s+/),
);

export const origins = ['https://graph.facebook.com'];
export const accountsOf = ({ meta }, vars) => [
  {
    key: meta?.access_token,
    pages: [meta?.page_id].flat(),
    instagram: [meta?.instagram_id].flat(),
    appSecret: vars.META_APP_SECRET,
    appId: vars.META_APP_ID,
  },
];
const tokenOf = (headers) => (headers.authorization ?? '').replace(/^Bearer /, '');
// The account is the asked-about token's, who asks about it is judged in debugToken.
export const keyOf = (headers, query) => query.get('input_token') ?? tokenOf(headers).split(PAGE_MARK)[0];

const recorded = (name) => {
  const { status, body, headers } = readFixture(name);
  return { status, body, headers };
};
const graphError = (status, code, message, more = {}) => ({
  status,
  body: {
    error: { message: `(#${code}) ${message}`, type: 'OAuthException', code, ...more, fbtrace_id: 'A' },
  },
});
export const wrongKey = () => recorded('error_190_expired');

const notANumber = (item) => ({
  ...item,
  ...(item.values && { values: item.values.map((one) => ({ ...one, value: 'many' })) }),
  ...(item.id && !item.values && { id: 7 }),
});

// How this provider words the faults of faults.mjs.
export const faults = {
  401: wrongKey,
  403: () => graphError(403, 200, 'Permissions error'),
  404: () => graphError(400, 100, 'Unsupported get request.', { error_subcode: 33 }),
  429: () => recorded('error_32_page_rate'),
  // Meta says in minutes of its own header how long to wait.
  '429_retry_after': (_, { retry_after = 30 }) => {
    const limit = faults[429]();
    const name = 'x-business-use-case-usage';
    const usage = JSON.parse(limit.headers[name]);
    for (const [counts] of Object.values(usage))
      counts.estimated_time_to_regain_access = Math.ceil(retry_after / 60);
    return { ...limit, headers: { ...limit.headers, [name]: JSON.stringify(usage) } };
  },
  500: () => graphError(500, 2, 'An unexpected error has occurred.', { is_transient: true }),
  wrong_type: ({ body }) => ({
    status: 200,
    body: Array.isArray(body.data)
      ? { ...body, data: body.data.map(notANumber) }
      : { ...body, fan_count: 'many', followers_count: 'many' },
  }),
};

// The moment at which the day began in California.
function pacificMidnight(nowMs) {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Los_Angeles' }).format(nowMs);
  const hourThere = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/Los_Angeles', hour: '2-digit' });
  const inSummer = Date.parse(`${day}T07:00:00Z`);
  return hourThere.format(inSummer) === '00' ? inSummer : inSummer + 3_600_000;
}

const graphTime = (ms) => `${new Date(ms).toISOString().slice(0, 19)}+0000`;

// Recorded days keep their distances; the newest ended at the last midnight.
function moved(item, nowMs) {
  const newest = Math.max(...item.values.map(({ end_time }) => Date.parse(end_time)));
  const shift = pacificMidnight(nowMs) - newest;
  const values = item.values.map((one) => ({
    ...one,
    end_time: graphTime(Date.parse(one.end_time) + shift),
  }));
  return { ...item, values };
}

const withoutPaging = (data) => ({ status: 200, body: { data, paging: {} } });
const invalidMetric = () => recorded('error_100_invalid_metric');

// Empty where a request is one that Meta takes.
function refusedInsights({ metrics, query }, account, longest) {
  const dead = metrics.some((name) => !LIVING.has(name) || account.dead?.includes(name));
  if (dead || metrics.length === 0) return invalidMetric();
  const [since, until] = ['since', 'until'].map((name) => Number(query.get(name)) * 1000);
  if (!(since < until) || until - since > longest)
    return graphError(400, 100, 'There cannot be more days between since and until');
  return null;
}

const endsWithin = (query) => (one) => {
  const end = Date.parse(one.end_time) / 1000;
  return end > Number(query.get('since')) && end <= Number(query.get('until'));
};

function series(item, query, nowMs) {
  const { values, ...rest } = moved(item, nowMs);
  return { ...rest, values: values.filter(endsWithin(query)) };
}

function pageInsights(account, metrics, query, nowMs) {
  const items = readFixture('page_insights_day').data.filter(({ name }) => metrics.includes(name));
  return items.map((item) => series(item, query, nowMs)).filter(({ values }) => values.length > 0);
}

// The recorded totals are those of yesterday.
function totals(metrics, query, nowMs) {
  const isYesterday = endsWithin(query)({ end_time: graphTime(pacificMidnight(nowMs)) });
  const items = readFixture('ig_insights_total_value').data;
  return isYesterday ? items.filter(({ name }) => metrics.includes(name)) : [];
}

function instagramInsights(metrics, query, nowMs) {
  if (query.get('metric_type') === 'total_value') return totals(metrics, query, nowMs);
  const [followers] = readFixture('ig_insights_time_series').data;
  const [reach] = readFixture('ig_insights_total_value').data;
  const { total_value, ...rest } = reach;
  const reachSeries = { ...rest, values: [{ ...total_value, end_time: '2026-11-21T08:00:00+0000' }] };
  return [followers, reachSeries]
    .filter(({ name }) => metrics.includes(name))
    .map((item) => series(item, query, nowMs))
    .filter(({ values }) => values.length > 0);
}

function insights(account, kind, query, nowMs) {
  const metrics = (query.get('metric') ?? '').split(',').filter(Boolean);
  const refused = refusedInsights({ metrics, query }, account, LONGEST_MS[kind]);
  if (refused) return refused;
  if (account.empty) return withoutPaging([]);
  return withoutPaging(
    kind === 'page' ? pageInsights(account, metrics, query, nowMs) : instagramInsights(metrics, query, nowMs),
  );
}

const POST_FIELDS = {
  page: 'id message created_time permalink_url shares likes comments insights'.split(' '),
  instagram:
    'id caption media_type media_product_type permalink timestamp like_count comments_count insights'.split(
      ' ',
    ),
};
const only = (names, object) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
const noSuchField = (name) => graphError(400, 100, `Tried accessing nonexisting field (${name})`);

// As Meta does, the link to the next page holds the token.
function posts(account, kind, query, token, nowMs) {
  const asked = query.get('fields') ?? '';
  const [, expanded = ''] = /insights\.metric\(([^)]*)\)/.exec(asked) ?? [];
  const metrics = expanded.split(',').filter(Boolean);
  const fields = asked
    .replace(/\.\w+\([^)]*\)/g, '')
    .split(',')
    .filter(Boolean);
  const unknown = fields.find((name) => !POST_FIELDS[kind].includes(name));
  if (unknown) return noSuchField(unknown);
  if (metrics.some((name) => !LIVING.has(name) || account.dead?.includes(name))) return invalidMetric();
  if (account.empty) return withoutPaging([]);
  const time = kind === 'page' ? 'created_time' : 'timestamp';
  const first = readFixture(kind === 'page' ? 'page_posts_with_insights' : 'ig_media_list');
  const shift = nowMs - DAY - Date.parse(first.data[0][time]);
  const page = query.get('after') && kind === 'page' ? readFixture('page_posts_last') : first;
  const data = page.data.map((post) => only(['id', ...fields], movedPost(post, time, shift, metrics)));
  const paging = page.paging.next
    ? { ...page.paging, next: page.paging.next.replace('EAAREDACTED', token) }
    : page.paging;
  return { status: 200, body: { data, paging } };
}

function movedPost({ insights: figures, ...post }, time, shift, metrics) {
  const data = figures?.data.filter(({ name }) => metrics.includes(name));
  return {
    ...post,
    [time]: graphTime(Date.parse(post[time]) + shift),
    ...(data?.length > 0 && { insights: { data } }),
  };
}

function fields(account, kind, id, query, token) {
  const asked = (query.get('fields') ?? 'id').split(',');
  const known = { ...readFixture(kind === 'page' ? 'page_fields' : 'ig_user'), id };
  if (kind === 'page' && asked.includes('access_token'))
    known.access_token = `${token.split(PAGE_MARK)[0]}${PAGE_MARK}${id}`;
  const unknown = asked.find((name) => !(name in known) || account.dead?.includes(name));
  if (unknown) return noSuchField(unknown);
  return { status: 200, body: only(['id', ...asked], known) };
}

// A token may ask about itself only if one of the app's developers owns it; an account with an appId is nobody's of them.
function debugToken(account, query, token, nowMs) {
  const { appId, appSecret } = account;
  if (appId && token !== `${appId}|${appSecret}`)
    return graphError(
      400,
      100,
      'You must provide an app access token, or a user access token that is an owner or developer of the app',
    );
  const days = account.tokenDays ?? 60;
  const end = Math.floor((nowMs + days * DAY) / 1000);
  const is_valid = Boolean(query.get('input_token'));
  return {
    status: 200,
    body: { data: { app_id: '1', is_valid, expires_at: end, data_access_expires_at: end } },
  };
}

function proofProblem({ appSecret }, token, query) {
  const given = query.get('appsecret_proof');
  if (!appSecret || given === createHmac('sha256', appSecret).update(token).digest('hex')) return null;
  return graphError(400, 100, 'Invalid appsecret_proof provided in the API argument');
}

const noSuchObject = () => faults[404]();

// account: {pages?: [ids], instagram?: [ids], appSecret?: demanded when given, appId?: demanded of who asks
// about tokens, dead?: [metrics], tokenDays?, empty?}
export function answer(account, { method, path, headers, query, nowMs = Date.now() }) {
  const [, version, id, edge] = /^\/(v\d+\.\d+)\/(\w+)(?:\/(\w+))?$/.exec(path) ?? [];
  if (version !== VERSION || method !== 'GET') return graphError(400, 2500, 'Unknown path components');
  const token = tokenOf(headers);
  if (id === 'debug_token') return debugToken(account, query, token, nowMs);
  const problem = proofProblem(account, token, query);
  if (problem) return problem;
  const kind = account.pages?.includes(id) ? 'page' : account.instagram?.includes(id) ? 'instagram' : null;
  if (!kind) return noSuchObject();
  if (!edge) return fields(account, kind, id, query, token);
  if (kind === 'page' && token.split(PAGE_MARK)[1] !== id)
    return graphError(400, 190, 'This method must be called with a Page Access Token');
  if (edge === 'insights') return insights(account, kind, query, nowMs);
  return edge === (kind === 'page' ? 'posts' : 'media')
    ? posts(account, kind, query, token, nowMs)
    : noSuchObject();
}
