// The rows that an account's objects must become, column by column.
import assert from 'node:assert/strict';

import { CLIENT, NORTHWIND, steer, stripeKey } from './harness.mjs';

export const LISTS = [
  'charges',
  'payment_intents',
  'payment_links',
  'balance_transactions',
  'payouts',
  'refunds',
  'disputes',
  'checkout_sessions',
  'invoices',
];

// Columns that are not the object's member of the same name.
const OWN = new Set(['client_id', 'source_at', 'updated_at']);
const FROM = {
  outcome_type: (object) => object.outcome?.type,
  payment_method_type: (object) => object.payment_method_details?.type,
  billing_name: (object) => object.billing_details?.name,
  billing_email: (object) => object.billing_details?.email,
  billing_country: (object) => object.billing_details?.address?.country,
  error_code: (object) => object.last_payment_error?.code,
  error_decline_code: (object) => object.last_payment_error?.decline_code,
  error_message: (object) => object.last_payment_error?.message,
  completed_sessions_count: (object) => object.restrictions?.completed_sessions?.count,
  completed_sessions_limit: (object) => object.restrictions?.completed_sessions?.limit,
  destination_type: (object) => object.destination_details?.type,
  evidence_due_by: (object) => object.evidence_details?.due_by,
  has_evidence: (object) => object.evidence_details?.has_evidence,
  past_due: (object) => object.evidence_details?.past_due,
  submission_count: (object) => object.evidence_details?.submission_count,
  card_brand: (object) => object.payment_method_details?.card?.brand,
  network_reason_code: (object) => object.payment_method_details?.card?.network_reason_code,
  amount_discount: (object) => object.total_details?.amount_discount,
  amount_tax: (object) => object.total_details?.amount_tax,
  customer_name: (object) => object.customer_details?.name ?? object.customer_name,
  customer_email: (object) => object.customer_details?.email ?? object.customer_email,
  customer_country: (object) => object.customer_details?.address?.country,
  finalized_at: (object) => object.status_transitions?.finalized_at,
  paid_at: (object) => object.status_transitions?.paid_at,
  voided_at: (object) => object.status_transitions?.voided_at,
};
// An invoice names its subscription and its payment elsewhere than other objects do.
const FROM_INVOICE = {
  subscription: (object) => object.parent?.subscription_details?.subscription,
  payment_intent: (object) => object.payments?.data[0]?.payment.payment_intent,
};
const TIMES = new Set([
  'created',
  'available_on',
  'canceled_at',
  'arrival_date',
  'evidence_due_by',
  'expires_at',
  'period_start',
  'period_end',
  'due_date',
  'next_payment_attempt',
  'finalized_at',
  'paid_at',
  'voided_at',
]);

function expected(object, column) {
  const from = (object.object === 'invoice' && FROM_INVOICE[column]) || FROM[column];
  const value = from ? from(object) : object[column];
  if (value === undefined || value === null) return null;
  if (TIMES.has(column)) return value;
  return typeof value === 'object' && 'id' in value ? value.id : value;
}

function stored(row, column) {
  const value = row[column];
  if (value === null) return null;
  if (TIMES.has(column)) return Math.floor(new Date(value).getTime() / 1000);
  return typeof value === 'bigint' || (typeof value === 'string' && /^-?\d+$/.test(value))
    ? Number(value)
    : value;
}

// The table holds the account's objects, all of them, nothing else, and every column is right.
export async function assertRowsOf(stack, list) {
  const { objects } = await steer(stack, '/objects', { key: stripeKey(stack), list });
  const rows = await stack.query(`select * from stripe_${list} order by id`);
  const ids = (all) => all.map(({ id }) => id).sort();
  assert.deepEqual(ids(rows), ids(objects), list);
  for (const row of rows) {
    assert.equal(row.client_id, CLIENT[NORTHWIND]);
    const object = objects.find(({ id }) => id === row.id);
    for (const column of Object.keys(row).filter((name) => !OWN.has(name)))
      assert.deepEqual(stored(row, column), expected(object, column), `${list} ${row.id} ${column}`);
  }
}
