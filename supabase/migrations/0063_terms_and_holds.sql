-- The search terms of Performance Max campaigns, which have no ad groups: FROM campaign_search_term_view. Google
-- gives them neither a match type nor whether they are keywords.
create table public.google_ads_performance_max_terms_daily (
  client_id uuid not null references public.workspaces (client_id),
  customer_id text not null check (customer_id ~ '^[0-9]+$'),
  day date not null,
  campaign_id text not null check (campaign_id ~ '^[0-9]+$'),
  search_term text not null,
  -- a term may be longer than what an index takes
  search_term_hash uuid generated always as (md5(search_term)::uuid) stored,
  impressions bigint,
  clicks bigint,
  cost_micros bigint,
  conversions double precision,
  conversions_value_micros bigint,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  time_zone text,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, customer_id, day, campaign_id, search_term_hash)
);
comment on table public.google_ads_performance_max_terms_daily is
  'What people searched for when ads of Performance Max campaigns were shown, per day of the account''s time zone. Google withholds rare terms: never a total.';

select app.add_sync_target('google_ads_performance_max_terms_daily', p_refetched => false);
select app.add_reread_report('google_ads_performance_max_terms_daily', 'google_ads', 'performance_max_terms',
  's.customer_id = regexp_replace($1, ''\D'', '''', ''g'')',
  '{"impressions": 0, "clicks": 0, "cost_micros": 0, "conversions": 0, "conversions_value_micros": 0}');

-- Stripe makes a refund of a hold that is released, too, though no money was taken.
select app.exchange_text('public.daily_series', 'and not (z.has_live and exists (select from public.stripe_charges c
          where c.client_id = r.client_id and c.id = r.charge and c.livemode is false))',
  'and not exists (select from public.stripe_charges c where c.client_id = r.client_id and c.id = r.charge
          and (c.captured is false or (z.has_live and c.livemode is false)))');
