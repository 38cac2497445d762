import { at, table } from '../row_parts.mjs';

const stripe = (row, change = { amount: 7 }) => ({
  row: (id) => ({ id, amount: 100, currency: 'usd', status: 'x', created: at, source_at: at, ...row }),
  change,
});

export default {
  stripe_charges: stripe({}),
  stripe_payment_intents: stripe({}),
  stripe_payment_links: table((id) => ({ id, active: true, url: 'https://x.example' }), { active: false }),
  stripe_balance_transactions: stripe({ fee: 1, net: 99, type: 'charge' }),
  stripe_payouts: stripe({}),
  stripe_refunds: stripe({}),
  stripe_disputes: stripe({}),
  stripe_checkout_sessions: table((id) => ({ id, payment_status: 'paid', created: at }), { amount_total: 7 }),
  stripe_invoices: table((id) => ({ id, amount_due: 1, currency: 'usd', created: at }), { amount_due: 7 }),
};
