-- Google Search performance.
-- https://developers.google.com/webmaster-tools/v1/searchanalytics/query
-- Days are Pacific (America/Los_Angeles). property: `sc-domain:example.com` or a URL prefix
-- with its final slash; properties overlap, so theirs are never added up. search_type: web,
-- image, ... ctr is 0 to 1, position an average from 1. provisional: Google still revises it.

create table public.gsc_site_daily (
  client_id uuid not null references public.workspaces (client_id),
  property text not null check (property <> ''),
  search_type text not null check (search_type <> ''),
  day date not null,
  clicks bigint not null,
  impressions bigint not null,
  ctr double precision,
  position double precision,
  provisional boolean not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, property, search_type, day)
);
comment on table public.gsc_site_daily is
  'The totals of a property and Pacific day, asked for as such. A day without data is absent.';

create table public.gsc_queries_daily (
  client_id uuid not null references public.workspaces (client_id),
  property text not null check (property <> ''),
  search_type text not null check (search_type <> ''),
  day date not null,
  query text not null,
  page text not null,
  -- both may be longer than what an index takes; no query holds a line feed
  query_hash uuid generated always as (md5(query || e'\n' || page)::uuid) stored,
  clicks bigint not null,
  impressions bigint not null,
  ctr double precision,
  position double precision,
  provisional boolean not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, property, search_type, day, query_hash)
);
comment on table public.gsc_queries_daily is
  'A query''s Pacific day; page: '''' for all pages together, else the page it led to. Google withholds rare queries and cuts at 50,000 rows: never a total.';

create table public.gsc_pages_daily (
  client_id uuid not null references public.workspaces (client_id),
  property text not null check (property <> ''),
  search_type text not null check (search_type <> ''),
  day date not null,
  page text not null check (page <> ''),
  page_hash uuid generated always as (md5(page)::uuid) stored,
  clicks bigint not null,
  impressions bigint not null,
  ctr double precision,
  position double precision,
  provisional boolean not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, property, search_type, day, page_hash)
);
comment on table public.gsc_pages_daily is
  'A page''s Pacific day, counted by page: not comparable with the property''s totals.';

select app.add_sync_target(t, p_refetched => false)
from unnest(array['gsc_site_daily', 'gsc_queries_daily', 'gsc_pages_daily']) t;
