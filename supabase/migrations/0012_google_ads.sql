-- Google Ads reports. https://developers.google.com/google-ads/api/fields/v26/overview
-- Days are the account's (time_zone). Ids are text: 64-bit numbers that are never reckoned
-- with. Money is in micros (millionths) of `currency` (ISO 4217, upper case, as Google sends
-- it); Google's doubles are multiplied by 1,000,000 and rounded. Conversions have fractions
-- and change for up to 90 days, so their window is read again.

create table public.google_ads_campaign_daily (
  client_id uuid not null references public.workspaces (client_id),
  customer_id text not null check (customer_id ~ '^[0-9]+$'),
  day date not null,
  campaign_id text not null check (campaign_id ~ '^[0-9]+$'),
  campaign_name text,
  campaign_status text,
  channel_type text,
  impressions bigint,
  clicks bigint,
  cost_micros bigint,
  conversions double precision,
  conversions_value_micros bigint,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  time_zone text,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, customer_id, day, campaign_id)
);
comment on table public.google_ads_campaign_daily is
  'A campaign''s day, in the account''s time zone. Days on which all was zero are absent.';

-- FROM search_term_view. The terms of Performance Max are in campaign_search_term_view, which is not read.
create table public.google_ads_search_terms_daily (
  client_id uuid not null references public.workspaces (client_id),
  customer_id text not null check (customer_id ~ '^[0-9]+$'),
  day date not null,
  campaign_id text not null check (campaign_id ~ '^[0-9]+$'),
  ad_group_id text not null check (ad_group_id ~ '^[0-9]*$'),
  match_type text not null,
  search_term text not null,
  -- a term may be longer than what an index takes
  search_term_hash uuid generated always as (md5(search_term)::uuid) stored,
  status text,
  impressions bigint,
  clicks bigint,
  cost_micros bigint,
  conversions double precision,
  conversions_value_micros bigint,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  time_zone text,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, customer_id, day, campaign_id, ad_group_id, match_type, search_term_hash)
);
comment on table public.google_ads_search_terms_daily is
  'What people searched for, per day of the account''s time zone. ad_group_id and match_type: '''' where the report does not tell them. Google withholds rare terms: never a total.';

-- Clicks and cost cannot be asked for by conversion action.
create table public.google_ads_conversions_daily (
  client_id uuid not null references public.workspaces (client_id),
  customer_id text not null check (customer_id ~ '^[0-9]+$'),
  day date not null,
  campaign_id text not null check (campaign_id ~ '^[0-9]+$'),
  conversion_action_id text not null check (conversion_action_id ~ '^[0-9]+$'),
  conversion_action_name text,
  conversion_action_category text,
  conversions double precision,
  all_conversions double precision,
  conversions_value_micros bigint,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  time_zone text,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, customer_id, day, campaign_id, conversion_action_id)
);
comment on table public.google_ads_conversions_daily is
  'Conversions by action, campaign and the day of the click, in the account''s time zone.';

select app.add_sync_target(t, p_refetched => false) from unnest(array['google_ads_campaign_daily',
  'google_ads_search_terms_daily', 'google_ads_conversions_daily']) t;
