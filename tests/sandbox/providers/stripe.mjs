// Stripe's list and retrieve endpoints over an account. https://docs.stripe.com/api/pagination
import { StripeAccount, readFixture, unexpanded } from '../stripe_account.mjs';
import { deliver } from '../stripe_webhook.mjs';

const PAGING = ['limit', 'starting_after', 'ending_before', 'expand[]'];
const NAMES_PER_REQUEST = 20; // of `types[]`
const CREATED = ['created', 'created[gt]', 'created[gte]', 'created[lt]', 'created[lte]'];
const FILTERS = {
  charges: [...CREATED, 'customer', 'payment_intent', 'transfer_group'],
  payment_intents: [...CREATED, 'customer', 'customer_account'],
  payment_links: ['active'],
  balance_transactions: [...CREATED, 'currency', 'payout', 'source', 'type'],
  payouts: [...CREATED, 'arrival_date', 'destination', 'status'],
  refunds: [...CREATED, 'charge', 'payment_intent'],
  disputes: [...CREATED, 'charge', 'payment_intent'],
  checkout_sessions: [...CREATED, 'customer', 'payment_intent', 'payment_link', 'status', 'subscription'],
  invoices: [...CREATED, 'collection_method', 'customer', 'status', 'subscription'],
  events: [...CREATED, 'type', 'types[]', 'delivery_success'],
};
const EVENTS_KEPT_SECS = 30 * 86400;

const invalid = (status, error) => ({
  status,
  body: { error: { type: 'invalid_request_error', ...error } },
});

export const origins = ['https://api.stripe.com'];
export const accountsOf = ({ stripe }) => [{ key: stripe?.secret_key }];
export const openAccount = (options, shiftSecs) => new StripeAccount({ shiftSecs, ...options });
export const replyHeaders = (serial) => ({
  'request-id': `req_sandbox${serial}`,
  'stripe-version': '2026-07-29.dahlia',
});

export function wrongKey(key) {
  const { status, body } = structuredClone(readFixture('errors/401_invalid_key.built.json'));
  body.error.message = `Invalid API Key provided: sk_test_****${key.slice(-4)}`;
  return { status, body };
}

// A list is an account's `checkout_sessions` where the path says /v1/checkout/sessions.
const pathOf = (list) => list.replace('checkout_', 'checkout/');

// account: a StripeAccount. `path` is what follows the origin: /v1/charges or /v1/charges/{id}.
export function answer(account, { path, query }) {
  const list = Object.keys(FILTERS).find((name) => `${path}/`.startsWith(`/v1/${pathOf(name)}/`));
  const [id, more] = path.split('/').slice(2 + (list ? pathOf(list).split('/').length : 0));
  if (!list || more !== undefined)
    return invalid(404, { message: `Unrecognized request URL (GET: ${path}).` });
  if (id === undefined) return page(account, list, query);
  const found = account.find(list, id);
  return found
    ? { status: 200, body: unexpanded(list, found, query.getAll('expand[]')) }
    : invalid(404, { code: 'resource_missing', param: 'id', message: `No such ${list}: '${id}'` });
}

function page(account, list, query) {
  const unknown = [...query.keys()].find((name) => ![...PAGING, ...FILTERS[list]].includes(name));
  if (unknown)
    return invalid(400, {
      code: 'parameter_unknown',
      param: unknown,
      message: `Received unknown parameter: ${unknown}`,
    });
  if (query.getAll('types[]').length > NAMES_PER_REQUEST)
    return invalid(400, { param: 'types', message: 'Too many types.' });
  const limit = Number(query.get('limit') ?? 10);
  if (!(limit >= 1 && limit <= 100))
    return invalid(400, { param: 'limit', message: 'Limit must be between 1 and 100.' });
  const rows = sorted(account.lists[list]).filter((row) => matches(list, row, query));
  const after = query.get('starting_after');
  if (after && !account.find(list, after))
    return invalid(400, {
      code: 'resource_missing',
      param: 'starting_after',
      message: `No such ${list}: '${after}'`,
    });
  const from = after ? rows.findIndex(({ id }) => id === after) + 1 : 0;
  const found = rows.slice(from, from + Math.min(limit, account.pageLimit));
  const has_more = from + found.length < rows.length;
  const expanded = query.getAll('expand[]').map((name) => name.replace(/^data\./, ''));
  const data = found.map((row) => unexpanded(list, row, expanded));
  return { status: 200, body: { object: 'list', data, has_more, url: `/v1/${pathOf(list)}` } };
}

// Newest first; what has no time, or the same, keeps its place.
const sorted = (rows) => [...rows].sort((a, b) => (b.created ?? 0) - (a.created ?? 0));

function matches(list, row, query) {
  if (list === 'events' && row.created < Date.now() / 1000 - EVENTS_KEPT_SECS) return false;
  const types = query.getAll('types[]');
  if (types.length > 0 && !types.includes(row.type)) return false;
  return FILTERS[list].every((name) => {
    const wanted = query.get(name);
    if (wanted === null || name === 'types[]' || name === 'delivery_success') return true;
    if (name.startsWith('created')) return withinTime(row.created, name, Number(wanted));
    return String(row[name]) === wanted;
  });
}

function withinTime(created, name, bound) {
  if (name === 'created[gt]') return created > bound;
  if (name === 'created[gte]') return created >= bound;
  if (name === 'created[lt]') return created < bound;
  if (name === 'created[lte]') return created <= bound;
  return created === bound;
}

// Something happens at Stripe; with a `url` the event is also delivered there, signed.
async function event(account, { url, secret, copies = 1, ...change }) {
  const happened = account.happen(change);
  if (!url) return { event: happened };
  return { event: happened, statuses: await deliver({ url, secret, event: happened, copies }) };
}

export const steering = {
  '/event': event,
  '/objects': (account, { list }) => ({ objects: account.lists[list] }),
  '/put': (account, { object }) => account.put(object) ?? {},
};
