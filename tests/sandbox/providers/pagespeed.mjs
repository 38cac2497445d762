// PageSpeed Insights over the recorded runs, as if Lighthouse had just looked at the page.
// https://developers.google.com/speed/docs/insights/rest/v5/pagespeedapi/runpagespeed
import { fixturesOf } from '../fixtures.mjs';

const readFixture = fixturesOf('pagespeed');

const PARAMETERS = ['url', 'strategy', 'category', 'locale', 'key', 'fields', 'utm_campaign', 'utm_source'];
const STRATEGIES = ['MOBILE', 'DESKTOP'];
const CATEGORIES = ['PERFORMANCE', 'ACCESSIBILITY', 'BEST_PRACTICES', 'SEO'];
const RUN_SECS = 20; // what a run takes at Google; here only its time stamp shows it

const invalid = (message) => ({
  status: 400,
  body: {
    error: {
      code: 400,
      message,
      errors: [{ message, domain: 'global', reason: 'invalidParameter' }],
      status: 'INVALID_ARGUMENT',
    },
  },
});

export const origins = ['https://pagespeedonline.googleapis.com'];
export const accountsOf = (bundle, vars) => [{ key: vars.PAGESPEED_API_KEY }];
export const keyOf = (headers, query) => headers['x-goog-api-key'] ?? query.get('key') ?? '';
export const wrongKey = () => ({ status: 400, body: readFixture('error_400_bad_key.built.json') });

// How this provider words the faults of faults.mjs.
export const faults = {
  401: wrongKey,
  403: () => ({
    status: 403,
    body: {
      error: {
        code: 403,
        message: 'PageSpeed Insights API has not been used in this project before or it is disabled.',
        errors: [{ domain: 'usageLimits', reason: 'accessNotConfigured' }],
        status: 'PERMISSION_DENIED',
      },
    },
  }),
  404: () => ({
    status: 404,
    body: { error: { code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND' } },
  }),
  429: () => ({ status: 429, body: readFixture('error_429_quota.built.json') }),
  500: () => ({
    status: 500,
    body: {
      error: {
        code: 500,
        message: 'Lighthouse returned error: Something went wrong.',
        errors: [{ domain: 'lighthouse', reason: 'lighthouseError' }],
      },
    },
  }),
  wrong_type: ({ body }) => {
    const twisted = structuredClone(body);
    for (const category of Object.values(twisted.lighthouseResult?.categories ?? {})) category.score = 'good';
    return { status: 200, body: twisted };
  },
};

// account: {empty?: no visits, hence no field data; broken?: [addresses that do not load]}
export function answer(account, { path, query, nowMs = Date.now() }) {
  if (path !== '/pagespeedonline/v5/runPagespeed') return invalid(`No such method: ${path}`);
  const unknown = [...query.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown) return invalid(`Unknown name "${unknown}": Cannot bind query parameter.`);
  const url = query.get('url') ?? '';
  if (!/^https?:\/\/./.test(url)) return invalid(`Invalid value '${url}'.`);
  const strategy = query.get('strategy') ?? 'DESKTOP';
  if (!STRATEGIES.includes(strategy)) return invalid(`Invalid value at 'strategy': "${strategy}"`);
  const categories = query.getAll('category');
  const strange = categories.find((category) => !CATEGORIES.includes(category));
  if (strange) return invalid(`Invalid value at 'category': "${strange}"`);
  if (account.broken?.includes(url)) return { status: 400, body: readFixture('error_400_lighthouse.json') };
  const recorded = readFixture(account.empty ? 'psi_lh13_no_field_data.json' : 'psi_lh13_full.json');
  return { status: 200, body: asRunOf(recorded, { url, strategy, categories, nowMs }) };
}

function asRunOf(run, { url, strategy, categories, nowMs }) {
  const { lighthouseResult } = run;
  const at = new Date(nowMs - RUN_SECS * 1000).toISOString();
  run.id = url;
  run.analysisUTCTimestamp = new Date(nowMs).toISOString();
  Object.assign(lighthouseResult, {
    fetchTime: at,
    requestedUrl: url,
    finalUrl: url,
    finalDisplayedUrl: url,
  });
  lighthouseResult.configSettings = {
    ...lighthouseResult.configSettings,
    formFactor: strategy.toLowerCase(),
  };
  const asked = (categories.length > 0 ? categories : ['PERFORMANCE']).map((name) =>
    name.toLowerCase().replaceAll('_', '-'),
  );
  const known = CATEGORIES.map((name) => name.toLowerCase().replaceAll('_', '-'));
  for (const id of known) if (!asked.includes(id)) delete lighthouseResult.categories[id];
  return run;
}
