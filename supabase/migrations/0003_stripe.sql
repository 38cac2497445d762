-- Stripe's objects as the dashboard shows them. A row is the whole state of one
-- object at `source_at`; a column that a row does not carry is stored as null.
-- Money is an integer in the smallest unit of `currency`. Objects refer to each
-- other by id only: an expanded member is stored as its id.
-- Never stored: client_secret, card details, street addresses, phone numbers.

create table public.stripe_charges (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  amount bigint not null,
  amount_captured bigint,
  amount_refunded bigint,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  status text not null check (status <> ''),
  paid boolean,
  captured boolean,
  refunded boolean,
  disputed boolean,
  description text,
  balance_transaction text,
  payment_intent text,
  customer text,
  failure_code text,
  failure_message text,
  outcome_type text,
  payment_method_type text,
  billing_name text,
  billing_email text,
  billing_country text,
  receipt_url text,
  livemode boolean,
  metadata jsonb,
  created timestamptz not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);

create table public.stripe_payment_intents (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  amount bigint not null,
  amount_received bigint,
  amount_capturable bigint,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  status text not null check (status <> ''),
  description text,
  latest_charge text,
  customer text,
  error_code text,
  error_decline_code text,
  error_message text,
  canceled_at timestamptz,
  cancellation_reason text,
  livemode boolean,
  metadata jsonb,
  created timestamptz not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);

-- A payment link has no `created`: Stripe does not say when it was made.
create table public.stripe_payment_links (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  active boolean not null,
  url text not null,
  currency text check (currency ~ '^[a-z]{3}$'),
  completed_sessions_count bigint,
  completed_sessions_limit bigint,
  livemode boolean,
  metadata jsonb,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);

-- amount is signed; net = amount - fee. exchange_rate is Stripe's own double.
create table public.stripe_balance_transactions (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  amount bigint not null,
  fee bigint not null,
  net bigint not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  exchange_rate double precision,
  type text not null,
  reporting_category text,
  status text not null check (status <> ''),
  description text,
  source text,
  fee_details jsonb,
  balance_type text,
  available_on timestamptz,
  created timestamptz not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);

-- https://docs.stripe.com/api/payouts/object: amount is negative when money is taken back.
create table public.stripe_payouts (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  amount bigint not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  status text not null check (status <> ''),
  arrival_date timestamptz,
  automatic boolean,
  balance_transaction text,
  description text,
  destination text,
  failure_code text,
  failure_message text,
  method text,
  reconciliation_status text,
  source_type text,
  statement_descriptor text,
  type text,
  livemode boolean,
  metadata jsonb,
  created timestamptz not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);

-- https://docs.stripe.com/api/refunds/object: a refund has no `livemode`.
create table public.stripe_refunds (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  amount bigint not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  status text,
  charge text,
  payment_intent text,
  balance_transaction text,
  reason text,
  failure_reason text,
  description text,
  destination_type text,
  metadata jsonb,
  created timestamptz not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);

-- https://docs.stripe.com/api/disputes/object: the evidence itself is not stored.
create table public.stripe_disputes (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  amount bigint not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  status text not null check (status <> ''),
  reason text,
  charge text,
  payment_intent text,
  is_charge_refundable boolean,
  evidence_due_by timestamptz,
  has_evidence boolean,
  past_due boolean,
  submission_count bigint,
  card_brand text,
  network_reason_code text,
  livemode boolean,
  metadata jsonb,
  created timestamptz not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);

-- https://docs.stripe.com/api/checkout/sessions/object: payment_link joins a sale to its
-- link. `url` and `client_secret` let anybody pay or read, so they are not stored.
create table public.stripe_checkout_sessions (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  amount_subtotal bigint,
  amount_total bigint,
  amount_discount bigint,
  amount_tax bigint,
  currency text check (currency ~ '^[a-z]{3}$'),
  status text,
  payment_status text not null check (payment_status <> ''),
  mode text,
  payment_intent text,
  payment_link text,
  customer text,
  subscription text,
  invoice text,
  client_reference_id text,
  customer_name text,
  customer_email text,
  customer_country text,
  expires_at timestamptz,
  livemode boolean,
  metadata jsonb,
  created timestamptz not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);

-- https://docs.stripe.com/api/invoices/object: subscription and payment_intent are read
-- from the old and the new place (`parent`, `payments`). status is null for one in the making.
create table public.stripe_invoices (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  number text,
  status text,
  amount_due bigint not null,
  amount_paid bigint,
  amount_remaining bigint,
  amount_overpaid bigint,
  subtotal bigint,
  total bigint,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  customer text,
  customer_name text,
  customer_email text,
  subscription text,
  payment_intent text,
  billing_reason text,
  collection_method text,
  description text,
  attempt_count bigint,
  attempted boolean,
  period_start timestamptz,
  period_end timestamptz,
  due_date timestamptz,
  next_payment_attempt timestamptz,
  finalized_at timestamptz,
  paid_at timestamptz,
  voided_at timestamptz,
  livemode boolean,
  metadata jsonb,
  created timestamptz not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);

select app.add_sync_target(t) from unnest(array['stripe_charges', 'stripe_payment_intents',
  'stripe_payment_links', 'stripe_balance_transactions', 'stripe_payouts', 'stripe_refunds',
  'stripe_disputes', 'stripe_checkout_sessions', 'stripe_invoices']) t;
create index stripe_charges_recent on public.stripe_charges (client_id, created);
create index stripe_payment_intents_recent on public.stripe_payment_intents (client_id, created);
create index stripe_balance_transactions_recent
  on public.stripe_balance_transactions (client_id, created);
create index stripe_payouts_recent on public.stripe_payouts (client_id, created);
create index stripe_refunds_recent on public.stripe_refunds (client_id, created);
create index stripe_disputes_recent on public.stripe_disputes (client_id, created);
create index stripe_checkout_sessions_recent on public.stripe_checkout_sessions (client_id, created);
create index stripe_invoices_recent on public.stripe_invoices (client_id, created);
