-- daily_series as in 0021, but for two numbers. Conversions are those of the table that is read again for 30
-- days: they are told of a day long after it. Instagram's reach counts people, each once a day: it is a level,
-- since the sum of several days would count them again.

create index google_ads_conversions_daily_recent on public.google_ads_conversions_daily (client_id, day);

-- One statement, as the caller: row level security applies to every table that it reads.
create or replace function public.daily_series(p jsonb) returns jsonb
language sql stable set search_path = '' as $$
  with zone as (
    select w.client_id, w.time_zone, now() as at, d.today, d.today - d.days + 1 as since,
      (d.today - d.days + 1)::timestamp at time zone w.time_zone as since_at
    from public.workspaces w, lateral (select (now() at time zone w.time_zone)::date as today,
      least(greatest(coalesce((p ->> 'days')::int, 90), 1), 400) as days) d
    where w.client_id = (p ->> 'client_id')::uuid),
  -- hold_days: how many days the provider still changes. stream: a day without a row is a day of zero if
  -- this stream was read after it; without a stream it is not known. zone: whose days they are; ''
  -- the workspace's.
  spec (metric, service, label, unit, kind, stream, zone, hold_days) as (values
    ('stripe.net_charges', 'stripe', 'Net charges', 'money', 'sum', 'charges', '', 0),
    ('stripe.charges', 'stripe', 'Charges', 'count', 'sum', 'charges', '', 0),
    ('stripe.failed_charges', 'stripe', 'Failed charges', 'count', 'sum', 'charges', '', 0),
    ('stripe.refunds', 'stripe', 'Refunds', 'count', 'sum', 'charges', '', 0),
    ('stripe.disputes', 'stripe', 'Disputes', 'count', 'sum', 'charges', '', 0),
    ('google_ads.cost', 'google_ads', 'Ad cost', 'micros', 'sum', 'campaigns', 'account', 0),
    ('google_ads.clicks', 'google_ads', 'Ad clicks', 'count', 'sum', 'campaigns', 'account', 0),
    ('google_ads.conversions', 'google_ads', 'Ad conversions', 'count', 'sum', 'conversions', 'account', 7),
    ('search_console.clicks', 'search_console', 'Search clicks', 'count', 'sum', 'site',
      'America/Los_Angeles', 3),
    ('search_console.impressions', 'search_console', 'Search impressions', 'count', 'sum', 'site',
      'America/Los_Angeles', 3),
    ('search_console.position', 'search_console', 'Search position', 'position', 'level', null,
      'America/Los_Angeles', 3),
    ('pagespeed.performance.mobile', 'pagespeed', 'Mobile performance', 'score', 'level', null, '', 0),
    ('pagespeed.performance.desktop', 'pagespeed', 'Desktop performance', 'score', 'level', null, '', 0),
    ('meta.page_media_view', 'meta', 'Page content views', 'count', 'sum', null, 'America/Los_Angeles', 1),
    ('meta.page_post_engagements', 'meta', 'Page engagements', 'count', 'sum', null,
      'America/Los_Angeles', 1),
    ('meta.page_views_total', 'meta', 'Page visits', 'count', 'sum', null, 'America/Los_Angeles', 1),
    ('meta.page_follows', 'meta', 'Page followers', 'count', 'level', null, 'America/Los_Angeles', 1),
    ('meta.instagram_reach', 'meta', 'Instagram reach', 'count', 'level', null, 'America/Los_Angeles', 2),
    ('meta.instagram_views', 'meta', 'Instagram views', 'count', 'sum', null, 'America/Los_Angeles', 2),
    ('meta.instagram_total_interactions', 'meta', 'Instagram interactions', 'count', 'sum', null,
      'America/Los_Angeles', 2),
    ('meta.instagram_followers_count', 'meta', 'Instagram followers', 'count', 'level', null,
      'America/Los_Angeles', 0),
    ('sendgrid.requests', 'sendgrid', 'Emails requested', 'count', 'sum', null, 'UTC', 0),
    ('sendgrid.delivered', 'sendgrid', 'Emails delivered', 'count', 'sum', null, 'UTC', 1),
    ('sendgrid.bounces', 'sendgrid', 'Emails bounced', 'count', 'sum', null, 'UTC', 1),
    ('sendgrid.opens', 'sendgrid', 'Email opens', 'count', 'sum', null, 'UTC', 3),
    ('cloudflare.worker_requests', 'cloudflare', 'Worker requests', 'count', 'sum', 'workers', 'UTC', 0),
    ('cloudflare.worker_errors', 'cloudflare', 'Worker errors', 'count', 'sum', 'workers', 'UTC', 0),
    ('cloudflare.zone_requests', 'cloudflare', 'Zone requests', 'count', 'sum', 'zone', 'UTC', 0),
    ('cloudflare.zone_bytes', 'cloudflare', 'Zone traffic', 'bytes', 'sum', 'zone', 'UTC', 0),
    ('supabase.probe_latency', 'supabase', 'Probe latency', 'ms', 'level', null, '', 0),
    ('supabase.probe_failures', 'supabase', 'Failed probes', 'count', 'sum', null, '', 0)),
  -- A property other than the first has the beginning of its hash in the id: properties overlap, so
  -- theirs are never added up, and an id names no address.
  property as (
    select s.property, case when row_number() over (order by s.property not like 'sc-domain:%', s.property) = 1
      then '' else left(md5(s.property), 8) end as part
    from (select distinct d.property from public.gsc_site_daily d, zone z
      where d.client_id = z.client_id and d.day >= z.since and d.search_type = 'web') s),
  -- read_at: when the number was asked for; none of what is not asked for by the day.
  point (metric, part, of, day, value, read_at) as (
    select m.metric, m.part, null::text, (c.created at time zone z.time_zone)::date, sum(m.value), null::timestamptz
    from zone z join public.stripe_charges c on c.client_id = z.client_id and c.created >= z.since_at,
      lateral (values
        ('stripe.net_charges', c.currency, case when c.status = 'succeeded'
          then coalesce(c.amount_captured, c.amount) - coalesce(c.amount_refunded, 0) else 0 end::numeric),
        ('stripe.charges', '', (c.status = 'succeeded')::int),
        ('stripe.failed_charges', '', (c.status = 'failed')::int)) m (metric, part, value)
    group by 1, 2, 4
    union all
    select m.metric, '', null, (m.created at time zone z.time_zone)::date, count(*), null
    from zone z, lateral (
      select 'stripe.refunds', r.created from public.stripe_refunds r
      where r.client_id = z.client_id and r.created >= z.since_at
      union all
      select 'stripe.disputes', d.created from public.stripe_disputes d
      where d.client_id = z.client_id and d.created >= z.since_at) m (metric, created)
    group by 1, 4
    union all
    select m.metric, m.part, null, c.day, sum(m.value), max(c.source_at)
    from zone z join public.google_ads_campaign_daily c on c.client_id = z.client_id and c.day >= z.since,
      lateral (values ('google_ads.cost', lower(c.currency), c.cost_micros::numeric),
        ('google_ads.clicks', '', c.clicks)) m (metric, part, value)
    group by 1, 2, 4
    union all
    select 'google_ads.conversions', '', null, c.day, sum(c.conversions::numeric), max(c.source_at)
    from zone z join public.google_ads_conversions_daily c on c.client_id = z.client_id and c.day >= z.since
    group by c.day
    union all
    select m.metric, y.part, s.property, s.day, m.value, s.source_at
    from zone z join public.gsc_site_daily s on s.client_id = z.client_id and s.day >= z.since
      and s.search_type = 'web' join property y using (property),
      lateral (values ('search_console.clicks', s.clicks::numeric), ('search_console.impressions', s.impressions),
        ('search_console.position', s.position::numeric)) m (metric, value)
    union all
    select 'pagespeed.performance.' || r.strategy, '', null, r.day, round(avg(r.score), 4), null
    from (select r.strategy, r.url, (r.run_at at time zone z.time_zone)::date as day,
        avg(r.performance_score::numeric) as score
      from zone z join public.pagespeed_runs r on r.client_id = z.client_id and r.run_at >= z.since_at
      group by 1, 2, 3) r
    group by 1, 4
    union all
    select 'meta.' || m.metric, '', null, m.day, sum(m.value), max(m.source_at)
    from zone z join public.meta_page_daily m on m.client_id = z.client_id and m.day >= z.since
    group by 1, 4
    union all
    select 'meta.instagram_' || m.metric, '', null, m.day, sum(m.value), max(m.source_at)
    from zone z join public.meta_instagram_daily m on m.client_id = z.client_id and m.day >= z.since
    group by 1, 4
    union all
    select m.metric, '', null, e.day, m.value, e.source_at
    from zone z join public.email_stats_daily e on e.client_id = z.client_id and e.day >= z.since,
      lateral (values ('sendgrid.requests', e.requests::numeric), ('sendgrid.delivered', e.delivered),
        ('sendgrid.bounces', e.bounces), ('sendgrid.opens', e.opens)) m (metric, value)
    union all
    select m.metric, '', null, (h.hour at time zone 'UTC')::date, sum(m.value), max(h.source_at)
    from zone z join public.cloudflare_worker_hourly h on h.client_id = z.client_id
      and h.hour >= z.since::timestamp at time zone 'UTC',
      lateral (values ('cloudflare.worker_requests', h.requests::numeric),
        ('cloudflare.worker_errors', h.errors)) m (metric, value)
    group by 1, 4
    union all
    select m.metric, '', null, d.day, sum(m.value), max(d.source_at)
    from zone z join public.cloudflare_zone_daily d on d.client_id = z.client_id and d.day >= z.since,
      lateral (values ('cloudflare.zone_requests', d.requests::numeric), ('cloudflare.zone_bytes', d.bytes))
        m (metric, value)
    group by 1, 4
    union all
    select m.metric, '', null, r.day, m.value, null
    from (select (r.probed_at at time zone z.time_zone)::date as day,
        round(avg(r.latency_ms) filter (where r.ok), 3) as latency, count(*) filter (where not r.ok) as failures
      from zone z join public.probe_results r on r.client_id = z.client_id and r.probed_at >= z.since_at
      group by 1) r,
      lateral (values ('supabase.probe_latency', r.latency), ('supabase.probe_failures', r.failures::numeric))
        m (metric, value)),
  -- The oldest success of a stream's parts: a day that one of them was not asked about is not known.
  stream as (
    select f.service, f.stream, min(f.last_success_at) as read_at
    from zone z join public.service_facts f using (client_id)
    where f.last_success_at is not null group by 1, 2),
  account as (
    select c.time_zone from zone z join public.google_ads_campaign_daily c on c.client_id = z.client_id
      and c.day >= z.since where c.time_zone is not null order by c.day desc limit 1),
  found as (
    select t.metric, t.part, max(t.of) as of, min(t.day) as first_day, max(t.day) as last_day from point t
    where t.value is not null group by 1, 2),
  dated as (
    select s.*, f.part, f.of, c.zone_name, z.at, z.since, z.today, r.read_at,
      min(f.first_day) over (partition by s.service, s.stream) as first_day,
      case when s.stream is null then (z.at at time zone c.zone_name)::date
        else coalesce((r.read_at at time zone c.zone_name)::date, f.last_day + 1) end - s.hold_days as provisional_from
    from zone z cross join spec s
      join found f using (metric)
      left join stream r on r.service = s.service and r.stream = s.stream
      cross join lateral (select case s.zone when '' then z.time_zone
        when 'account' then coalesce((select a.time_zone from account a), z.time_zone) else s.zone end) c (zone_name)),
  series as (
    select d.metric || case when d.part = '' then '' else '.' || d.part end as id, d.service, d.label, d.kind,
      d.of, d.since, d.provisional_from,
      case when d.unit in ('money', 'micros') then d.unit || ':' || d.part else d.unit end as unit,
      (select jsonb_agg(case
          when i.day >= d.provisional_from then null
          when t.day is null then case when d.stream is not null and i.day >= d.first_day then 0 end
          when (coalesce(t.read_at, d.read_at, d.at) at time zone d.zone_name)::date - d.hold_days > i.day
            then t.value end order by i.day)
        from (select d.since + n as day from generate_series(0, d.today - d.since) n) i
        left join point t on t.metric = d.metric and t.part = d.part and t.day = i.day) as days
    from dated d)
  select jsonb_build_object('series', coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'service', s.service,
    'label', s.label, 'unit', s.unit, 'kind', s.kind, 'of', s.of, 'first_day', s.since,
    'provisional_from', s.provisional_from, 'values', s.days) order by s.id), '[]')) from series s
$$;
