-- Cloudflare's GraphQL analytics. https://developers.cloudflare.com/analytics/graphql-api/
-- Days and hours are UTC. Adaptive datasets are sampled: small counts are estimates.

create table public.cloudflare_worker_hourly (
  client_id uuid not null references public.workspaces (client_id),
  account_id text not null check (account_id <> ''),
  script_name text not null,
  status text not null,
  hour timestamptz not null check (extract(epoch from hour)::bigint % 3600 = 0),
  requests bigint not null,
  errors bigint not null,
  subrequests bigint,
  cpu_p50_us double precision,
  cpu_p99_us double precision,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, account_id, hour, script_name, status)
);
comment on table public.cloudflare_worker_hourly is
  'A Worker''s UTC hour (its beginning) by outcome. A row is the whole hour so far, so windows are asked for in whole hours. cpu in microseconds.';

-- Operations and storage come from two datasets and are rows of their own.
-- https://developers.cloudflare.com/r2/platform/metrics-analytics/
create table public.cloudflare_r2_daily (
  client_id uuid not null references public.workspaces (client_id),
  account_id text not null check (account_id <> ''),
  day date not null,
  bucket_name text not null,
  action_type text not null,
  action_status text not null,
  -- A, B, free or other; '' for storage
  operation_class text,
  requests bigint,
  object_count bigint,
  upload_count bigint,
  payload_bytes bigint,
  metadata_bytes bigint,
  measured_at timestamptz,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, account_id, day, bucket_name, action_type, action_status)
);
comment on table public.cloudflare_r2_daily is
  'A bucket''s UTC day. action_type '''': its storage at measured_at, the latest reading of the day, never to be added up over days; else the requests of that action. bucket_name '''': all buckets.';

create table public.cloudflare_zone_daily (
  client_id uuid not null references public.workspaces (client_id),
  zone_id text not null check (zone_id <> ''),
  day date not null,
  requests bigint not null,
  cached_requests bigint,
  bytes bigint,
  cached_bytes bigint,
  page_views bigint,
  threats bigint,
  unique_visitors bigint,
  -- by country and by status: {"DE": {"requests": 5, "bytes": 9, "threats": 0}}, {"200": 5}
  countries jsonb,
  statuses jsonb,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, zone_id, day)
);
comment on table public.cloudflare_zone_daily is
  'A zone''s edge traffic on a UTC day. unique_visitors cannot be added up over days.';

select app.add_sync_target(t, p_refetched => false) from unnest(array['cloudflare_worker_hourly',
  'cloudflare_r2_daily', 'cloudflare_zone_daily']) t;
