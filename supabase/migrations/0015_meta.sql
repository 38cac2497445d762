-- Facebook Page and Instagram account. https://developers.facebook.com/docs/graph-api
-- One row per metric: each is asked for by itself, so that a dead one leaves the others,
-- and the list of metrics is Meta's to change. day: the Pacific day that was measured, one
-- before the day of end_time; of a figure without history (followers_count) the Pacific day
-- on which it was read. value is numeric: 64-bit counts stay exact, averages keep fractions.

-- https://developers.facebook.com/docs/graph-api/reference/page/insights/
create table public.meta_page_daily (
  client_id uuid not null references public.workspaces (client_id),
  page_id text not null check (page_id ~ '^[0-9]+$'),
  metric text not null check (metric <> ''),
  day date not null,
  value numeric,
  -- a value that is an object: {"like": 5, "love": 1}
  parts jsonb,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, page_id, metric, day)
);
comment on table public.meta_page_daily is
  'A metric of the Page and Pacific day. No row: no data or no permission, not zero.';

-- https://developers.facebook.com/docs/instagram-platform/api-reference/instagram-user/insights
create table public.meta_instagram_daily (
  client_id uuid not null references public.workspaces (client_id),
  account_id text not null check (account_id ~ '^[0-9]+$'),
  metric text not null check (metric <> ''),
  day date not null,
  value numeric,
  -- of a breakdown: {"follow_type": {"FOLLOWER": 60, "NON_FOLLOWER": 40}}
  parts jsonb,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, account_id, metric, day)
);
comment on table public.meta_instagram_daily is
  'A metric of the Instagram account and Pacific day. Revised for up to 48 hours.';

-- https://developers.facebook.com/docs/graph-api/reference/page/feed/
-- https://developers.facebook.com/docs/instagram-platform/reference/instagram-media
create table public.meta_posts (
  client_id uuid not null references public.workspaces (client_id),
  platform text not null check (platform in ('facebook', 'instagram')),
  id text not null check (id <> ''),
  account_id text not null check (account_id <> ''),
  posted_at timestamptz not null,
  message text,
  media_type text,
  media_product_type text,
  permalink_url text,
  likes bigint,
  comments bigint,
  shares bigint,
  -- lifetime figures by Meta's names: {"post_media_view": 812}
  metrics jsonb,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, platform, id)
);
comment on table public.meta_posts is
  'A post and its figures so far. account_id: the Page or Instagram account. likes is null when hidden.';
create index meta_posts_recent on public.meta_posts (client_id, posted_at);

select app.add_sync_target(t, p_refetched => false)
from unnest(array['meta_page_daily', 'meta_instagram_daily', 'meta_posts']) t;
