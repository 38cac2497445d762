-- Written out after 43 exchanges of lines since 0027. New in it: the rest of a hold of which a part was captured is
-- released as a refund without a movement of money, and is none.
create or replace function public.daily_series(p jsonb)
returns jsonb language sql stable set search_path = '' set jit = 'off' as $$
  with zone as (
    select w.client_id, w.time_zone, now() as at, d.today, d.today - d.days + 1 as since,
      (d.today - d.days + 1)::timestamp at time zone w.time_zone as since_at,
      exists (select from public.stripe_charges c where c.client_id = w.client_id and c.livemode) as has_live
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
    ('stripe.refunds', 'stripe', 'Refunds', 'count', 'sum', 'refunds', '', 0),
    ('stripe.disputes', 'stripe', 'Disputes', 'count', 'sum', 'disputes', '', 0),
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
    select s.property, case when row_number() over (order by s.since, s.property not like 'sc-domain:%', s.property) = 1
      then '' else left(md5(s.property), 8) end as part
    from (select d.property, min(d.day) as since from public.gsc_site_daily d, zone z
      where d.client_id = z.client_id and d.search_type = 'web' group by 1) s),
  -- read_at: when the number was asked for; none of what is not asked for by the day, such as hours.
  reading (service, stream, partition, read_at) as (
    select f.service, f.stream, case f.service when 'google_ads' then regexp_replace(f.partition, '\D', '', 'g')
      else f.partition end, f.last_success_at
    from (select f.*, max(f.last_success_at) over (partition by f.stream) as newest
      from zone z join public.service_facts f using (client_id)
      where (f.service, f.stream) in (values ('meta', 'page'), ('meta', 'instagram'), ('google_ads', 'campaigns'),
          ('google_ads', 'conversions'), ('cloudflare', 'workers'), ('cloudflare', 'zone'))
        and f.last_success_at is not null) f
    where f.last_success_at > f.newest - interval '3 days'),
  measured as (
    select r.strategy, r.url, (r.run_at at time zone z.time_zone)::date as day, avg(r.performance_score::numeric) as score
    from zone z join public.pagespeed_runs r on r.client_id = z.client_id
      and r.run_at >= z.since_at - interval '8 days'
    where r.performance_score is not null
      and (exists (select from public.service_facts f where f.client_id = z.client_id and f.service = 'pagespeed'
          and f.stream = 'runs' and f.partition = r.strategy || ' ' || r.url)
        or not exists (select from public.service_facts f where f.client_id = z.client_id and f.service = 'pagespeed'
          and f.stream = 'runs'))
    group by 1, 2, 3),
  page as (
    select n.strategy, n.url from (select m.strategy, m.url, max(m.day) as day,
        max(max(m.day)) over (partition by m.strategy) as newest from measured m group by 1, 2) n
    where n.day > n.newest - 8),
  point (metric, part, of, day, value, read_at) as (
    select m.metric, m.part, null::text, (c.created at time zone z.time_zone)::date, sum(m.value), null::timestamptz
    from zone z join public.stripe_charges c on c.client_id = z.client_id and c.created >= z.since_at
      and not (z.has_live and c.livemode is false),
      lateral (values
        ('stripe.net_charges', c.currency, case when c.status = 'pending' and c.created > z.at - interval '30 days' then c.amount
          when c.status = 'succeeded' then least(coalesce(c.amount_captured, c.amount), c.amount - coalesce(c.amount_refunded, 0)) else 0 end::numeric),
        ('stripe.charges', '', ((c.status = 'succeeded' and c.captured is distinct from false) or (c.status = 'pending' and c.created > z.at - interval '30 days'))::int),
        ('stripe.failed_charges', '', (c.status = 'failed')::int)) m (metric, part, value)
    group by 1, 2, 4
    union all
    select m.metric, '', null, (m.created at time zone z.time_zone)::date, count(*), null
    from zone z, lateral (
      select 'stripe.refunds', r.created from public.stripe_refunds r
      where r.client_id = z.client_id
        and r.status is distinct from 'failed' and r.status is distinct from 'canceled' and r.created >= z.since_at
        and not exists (select from public.stripe_charges c where c.client_id = r.client_id and c.id = r.charge
          and (c.captured is false
            or (r.balance_transaction is null and c.amount_captured > 0 and r.amount = c.amount - c.amount_captured) or (z.has_live and c.livemode is false)))
      union all
      select 'stripe.disputes', d.created from public.stripe_disputes d
      where d.client_id = z.client_id and d.created >= z.since_at and not (z.has_live and d.livemode is false)) m (metric, created)
    group by 1, 4
    union all
    select m.metric, m.part, null, c.day, sum(m.value), max(c.source_at)
    from zone z join public.google_ads_campaign_daily c on c.client_id = z.client_id and c.day >= z.since
      and (c.customer_id in (select r.partition from reading r where r.stream = 'campaigns')
        or not exists (select from reading r where r.stream = 'campaigns')),
      lateral (values ('google_ads.cost', lower(c.currency), c.cost_micros::numeric),
        ('google_ads.clicks', '', c.clicks)) m (metric, part, value)
    group by 1, 2, 4
    union all
    select 'google_ads.conversions', '', null, c.day, sum(c.conversions::numeric), max(c.source_at)
    from zone z join public.google_ads_conversions_daily c on c.client_id = z.client_id and c.day >= z.since
    where c.customer_id in (select r.partition from reading r where r.stream = 'conversions')
      or not exists (select from reading r where r.stream = 'conversions')
    group by c.day
    union all
    select m.metric, y.part, s.property, s.day, case when not s.provisional then m.value end, s.source_at
    from zone z join public.gsc_site_daily s on s.client_id = z.client_id and s.day >= z.since
      and s.search_type = 'web' join property y using (property),
      lateral (values ('search_console.clicks', s.clicks::numeric), ('search_console.impressions', s.impressions),
        ('search_console.position', s.position::numeric)) m (metric, value)
    union all
    select 'pagespeed.performance.' || d.strategy, '', null, d.day,
      case when count(m.score) = count(*) then round(avg(m.score), 4) end, null
    from (select distinct m.strategy, m.day from measured m join page using (strategy, url), zone z
        where m.day >= z.since) d join page p using (strategy)
      left join lateral (select m.score from measured m where m.strategy = p.strategy and m.url = p.url
        and m.day <= d.day and m.day > d.day - 8 order by m.day desc limit 1) m on true
    group by d.strategy, d.day
    union all
    select 'meta.' || m.metric, '', null, m.day,
        case when count(*) = sum(count(*) filter (where m.day = m.began))
        over (partition by 'meta.' || m.metric order by m.day) then sum(m.value) end,
      least(max(m.source_at), (select min(r.read_at) from reading r where r.stream = 'page'))
    from (select d.*, min(d.day) over (partition by d.metric, d.page_id) as began, max(d.day) over (partition by d.metric, d.page_id) as ended,
        max(d.day) over (partition by d.metric) as newest
        from zone z join public.meta_page_daily d on d.client_id = z.client_id and d.day >= z.since) m
    where m.ended > m.newest - 7
      and (m.page_id in (select r.partition from reading r where r.stream = 'page')
        or not exists (select from reading r where r.stream = 'page'))
    group by 1, 4
    union all
    select 'meta.instagram_' || m.metric, '', null, m.day,
        case when count(*) = sum(count(*) filter (where m.day = m.began))
        over (partition by 'meta.instagram_' || m.metric order by m.day) then sum(m.value) end,
      case when 'meta.instagram_' || m.metric <> 'meta.instagram_followers_count'
        then least(max(m.source_at), (select min(r.read_at) from reading r where r.stream = 'instagram')) end
    from (select d.*, min(d.day) over (partition by d.metric, d.account_id) as began, max(d.day) over (partition by d.metric, d.account_id) as ended,
        max(d.day) over (partition by d.metric) as newest
        from zone z join public.meta_instagram_daily d on d.client_id = z.client_id and d.day >= z.since) m
    where m.ended > m.newest - 7
      and (m.account_id in (select r.partition from reading r where r.stream = 'instagram')
        or not exists (select from reading r where r.stream = 'instagram'))
    group by 1, 4
    union all
    select m.metric, '', null, e.day, m.value, e.source_at
    from zone z join public.email_stats_daily e on e.client_id = z.client_id and e.day >= z.since,
      lateral (values ('sendgrid.requests', e.requests::numeric), ('sendgrid.delivered', e.delivered),
        ('sendgrid.bounces', e.bounces), ('sendgrid.opens', e.opens)) m (metric, value)
    union all
    select m.metric, '', null, (h.hour at time zone 'UTC')::date, sum(m.value), null
    from zone z join public.cloudflare_worker_hourly h on h.client_id = z.client_id
      and h.hour >= z.since::timestamp at time zone 'UTC'
      and (h.script_name in (select r.partition from reading r where r.stream = 'workers')
        or not exists (select from reading r where r.stream = 'workers')),
      lateral (values ('cloudflare.worker_requests', h.requests::numeric),
        ('cloudflare.worker_errors', h.errors)) m (metric, value)
    group by 1, 4
    union all
    select m.metric, '', null, d.day, sum(m.value), max(d.source_at)
    from zone z join public.cloudflare_zone_daily d on d.client_id = z.client_id and d.day >= z.since
      and (d.zone_id in (select r.partition from reading r where r.stream = 'zone')
        or not exists (select from reading r where r.stream = 'zone')),
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
  -- When each part of a stream was read. Of a sum a day is not known that one of them was not asked about.
  stream as (
    select f.service, f.stream, f.partition, f.last_success_at as read_at
    from zone z join public.service_facts f using (client_id)
    where f.last_success_at is not null and f.service not in (select r.service from reading r)
    union all
    select r.* from reading r),
  account as (
    select app.known_zone(l.time_zone) as time_zone from zone z, (select distinct on (c.customer_id) c.time_zone
      from zone z join public.google_ads_campaign_daily c on c.client_id = z.client_id and c.day >= z.since
      where c.time_zone is not null
        and (c.customer_id in (select r.partition from reading r where r.stream = 'campaigns')
          or not exists (select from reading r where r.stream = 'campaigns'))
      order by c.customer_id, c.day desc) l
    order by z.at at time zone app.known_zone(l.time_zone) limit 1),
  found as (
    select t.metric, t.part, max(t.of) as of, min(t.day) filter (where t.value is not null) as first_day,
      max(t.day) as last_day from point t group by 1, 2 having count(t.value) > 0),
  dated as (
    select s.*, f.part, f.of, c.zone_name, z.at, z.since, z.today, r.read_at,
      case when s.service = 'stripe' and exists (select from public.stripe_charges o where o.client_id = z.client_id
          and o.created < z.since_at and o.created >= z.since_at - interval '90 days' and not (z.has_live and o.livemode is false))
        then z.since end as sold_since, min(f.first_day) over (partition by s.service, case s.service when 'stripe' then '' else s.stream end, f.of) as first_day,
      least(case when s.stream is null then (z.at at time zone c.zone_name)::date
        else coalesce((r.read_at at time zone c.zone_name)::date, f.last_day + 1) end - s.hold_days,
        case when s.service = 'search_console' then greatest(f.last_day + 1,
          (r.read_at at time zone c.zone_name)::date - s.hold_days - 7)
        when s.service = 'google_ads' then (r.read_at at time zone 'Etc/GMT+12')::date + 1 end) as provisional_from
    from zone z cross join spec s
      join found f using (metric)
      cross join lateral (select min(p.read_at) as read_at from stream p where p.service = s.service
        and p.stream = s.stream and (f.of is null or p.partition = f.of)) r
      cross join lateral (select case s.zone when '' then z.time_zone
        when 'account' then coalesce((select a.time_zone from account a), z.time_zone) else s.zone end) c (zone_name)),
  series as (
    select d.metric || case when d.part = '' then '' else '.' || d.part end as id, d.service,
      d.label || case when d.unit in ('money', 'micros') and count(*) over (partition by d.metric) > 1
        then ' (' || upper(d.part) || ')' else '' end as label, d.kind,
      d.of, d.since, d.provisional_from,
      case when d.unit in ('money', 'micros') then d.unit || ':' || d.part else d.unit end as unit,
      (select jsonb_agg(case
          when i.day >= d.provisional_from then null
          when t.day is null then case when d.read_at is not null and i.day >= coalesce(d.sold_since, d.first_day) then 0 end
          when (coalesce(t.read_at, d.read_at, d.at) at time zone d.zone_name)::date - d.hold_days > i.day
            then t.value end order by i.day)
        from (select d.since + n as day from generate_series(0, d.today - d.since) n) i
        left join point t on t.metric = d.metric and t.part = d.part and t.day = i.day) as days
    from dated d)
  select jsonb_build_object('series', coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'service', s.service,
    'label', s.label, 'unit', s.unit, 'kind', s.kind, 'of', s.of, 'first_day', s.since,
    'provisional_from', s.provisional_from, 'maturing', s.id = 'google_ads.conversions', 'values', s.days) order by s.id), '[]')) from series s
$$;
