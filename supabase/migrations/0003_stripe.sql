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

select app.add_sync_target(t) from unnest(array['stripe_charges', 'stripe_payment_intents',
  'stripe_payment_links', 'stripe_balance_transactions']) t;
create index stripe_charges_recent on public.stripe_charges (client_id, created);
create index stripe_payment_intents_recent on public.stripe_payment_intents (client_id, created);
create index stripe_balance_transactions_recent
  on public.stripe_balance_transactions (client_id, created);
