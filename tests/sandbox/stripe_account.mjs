// One Stripe account as the sandbox knows it: recorded objects, moved in time so that the newest is
// minutes old, and the log of events that changed them.
import { randomUUID } from 'node:crypto';

import { fixturesOf } from './fixtures.mjs';

const NEWEST_FIXTURE = 1763899940;
const OLDEST_TO_MOVE = 1763000000; // older stamps are the API documentation's filler
const MINUTES_OLD = 120;
const API_VERSION = '2026-07-29.dahlia';

export const shiftFor = (nowSecs) => nowSecs - MINUTES_OLD - NEWEST_FIXTURE;

export const readFixture = fixturesOf('stripe');

const LISTS = {
  charges: ['lists/charges_page1.built.json', 'lists/charges_page2.built.json'],
  payment_intents: ['lists/payment_intents_page1.built.json'],
  payment_links: ['lists/payment_links_page1.built.json'],
  balance_transactions: [
    'lists/balance_transactions_page1.built.json',
    'lists/balance_transactions_page2.built.json',
  ],
  payouts: ['lists/payouts_page1.built.json', 'lists/payouts_page2.built.json'],
  refunds: ['lists/refunds_page1.built.json'],
  disputes: ['lists/disputes_page1.built.json'],
  checkout_sessions: ['lists/checkout_sessions_page1.built.json'],
  invoices: ['lists/invoices_page1.built.json'],
};

// An event's object by its `object` member; anything else is logged but not listed.
const LIST_OF = {
  charge: 'charges',
  payment_intent: 'payment_intents',
  payment_link: 'payment_links',
  balance_transaction: 'balance_transactions',
  payout: 'payouts',
  refund: 'refunds',
  dispute: 'disputes',
  'checkout.session': 'checkout_sessions',
  invoice: 'invoices',
};

// Members that come only with `expand[]`, never in an event. https://docs.stripe.com/expand
const EXPANDABLE = { invoices: ['payments'] };

export function unexpanded(list, object, expanded = []) {
  const hidden = (EXPANDABLE[list] ?? []).filter((name) => !expanded.includes(name));
  return Object.fromEntries(Object.entries(object).filter(([name]) => !hidden.includes(name)));
}

function moveInTime(value, shiftSecs) {
  if (Array.isArray(value)) return value.map((one) => moveInTime(one, shiftSecs));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const moved = name === 'created' && member >= OLDEST_TO_MOVE;
      return [name, moved ? member + shiftSecs : moveInTime(member, shiftSecs)];
    }),
  );
}

export class StripeAccount {
  // `pageLimit` caps a page below the asked limit, so that few rows make two pages.
  constructor({ empty = false, pageLimit = 3, shiftSecs }) {
    this.pageLimit = pageLimit;
    this.lists = { events: [] };
    for (const [name, files] of Object.entries(LISTS)) {
      const rows = empty ? [] : files.flatMap((file) => readFixture(file).data);
      this.lists[name] = rows.map((row) => moveInTime(row, shiftSecs));
    }
  }

  find(list, id) {
    return this.lists[list]?.find((row) => row.id === id);
  }

  // What happens at Stripe: the object changes and an event says so. Whether anyone hears of the
  // event is a matter of its delivery.
  happen({ type, object, created, id, api_version = API_VERSION }) {
    const event = {
      id: id ?? `evt_${randomUUID().replaceAll('-', '')}`,
      object: 'event',
      api_version,
      created: created ?? Math.floor(Date.now() / 1000),
      data: { object: unexpanded(LIST_OF[object.object], object) },
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type,
    };
    this.put(object);
    this.lists.events.unshift(event);
    return event;
  }

  put(object) {
    const list = this.lists[LIST_OF[object.object]];
    if (!list) return;
    const at = list.findIndex(({ id }) => id === object.id);
    if (at >= 0) list[at] = object;
    else list.unshift(object);
  }
}
