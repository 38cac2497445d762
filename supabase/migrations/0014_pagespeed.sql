-- PageSpeed Insights. https://developers.google.com/speed/docs/insights/rest/v5/pagespeedapi/runpagespeed
-- Rows are keyed by the URL that was asked for (what a redirect leads to changes) and by
-- run_at: analysisUTCTimestamp, or of a run without one the time of the reply. Both tables
-- keep every run; a failed one has no scores, never zeros.

create table public.pagespeed_runs (
  client_id uuid not null references public.workspaces (client_id),
  url text not null check (url <> '' and octet_length(url) <= 2048),
  strategy text not null check (strategy in ('mobile', 'desktop')),
  run_at timestamptz not null,
  result text not null check (result in ('ok', 'failed')),
  failure_code text,
  failure_message text,
  final_url text,
  lighthouse_version text,
  fetched_at timestamptz,
  -- 0 to 1
  performance_score double precision,
  accessibility_score double precision,
  best_practices_score double precision,
  seo_score double precision,
  other_scores jsonb,
  -- one run in Google's laboratory
  lab_fcp_ms double precision,
  lab_lcp_ms double precision,
  lab_tbt_ms double precision,
  lab_cls double precision,
  lab_speed_index_ms double precision,
  lab_interactive_ms double precision,
  lab_server_response_ms double precision,
  lab_total_bytes bigint,
  -- 75th percentile of this page's visits in the last 28 days; cls is already divided by 100
  field_lcp_ms bigint,
  field_inp_ms bigint,
  field_cls double precision,
  field_fcp_ms bigint,
  field_ttfb_ms bigint,
  field_category text,
  -- the same of the whole origin, also when the page's own block held them (origin_fallback)
  origin_lcp_ms bigint,
  origin_inp_ms bigint,
  origin_cls double precision,
  origin_fcp_ms bigint,
  origin_ttfb_ms bigint,
  origin_category text,
  run_warnings jsonb,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, url, strategy, run_at)
);
comment on table public.pagespeed_runs is
  'One analysis of one URL and strategy. Field values are null where Google has too few visits. category: FAST, AVERAGE or SLOW (open list).';
create index pagespeed_runs_recent on public.pagespeed_runs (client_id, run_at);

create table public.pagespeed_audits (
  client_id uuid not null references public.workspaces (client_id),
  url text not null check (url <> '' and octet_length(url) <= 2048),
  strategy text not null check (strategy in ('mobile', 'desktop')),
  run_at timestamptz not null,
  audit_id text not null check (audit_id <> ''),
  categories jsonb,
  title text,
  score double precision,
  score_display_mode text,
  display_value text,
  numeric_value double precision,
  numeric_unit text,
  savings_ms double precision,
  savings_bytes bigint,
  metric_savings jsonb,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, url, strategy, run_at, audit_id)
);
comment on table public.pagespeed_audits is
  'The audits that a run did not pass. categories: ["seo"]. savings_ms, savings_bytes: details.overallSavings...; metric_savings: {"LCP": ms, "CLS": unitless}.';

select app.add_sync_target(t, p_refetched => false)
from unnest(array['pagespeed_runs', 'pagespeed_audits']) t;
