-- What is told of what is not there: unreadable settings, keys that were taken away, days and pages without a figure.

-- A service that the agency alone sets up needs nothing of a workspace's settings: it goes on while they cannot be read.
create or replace function app.detect_workspace(p_found jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  client constant uuid := (p_found ->> 'client_id')::uuid;
  problem constant text := p_found ->> 'problem';
  detected jsonb;
begin
  update public.workspaces w set configuration_problem = problem
  where w.client_id = client and w.configuration_problem is distinct from problem;
  for detected in select e from jsonb_array_elements(p_found -> 'services') e
    order by e ->> 'service'
  loop
    perform app.detect_service(client, detected);
  end loop;
  update public.service_facts f
  set present_keys = case when problem is null then '{}' else f.present_keys end,
    detection_problem = problem, detected_at = now()
  where f.client_id = client and f.stream = ''
    and (f.detection_problem is distinct from problem or problem is null and f.present_keys <> '{}')
    and not exists (select from jsonb_array_elements(p_found -> 'services') e
      where e ->> 'service' = f.service);
  if problem is null then
    perform app.forget_refusals(client, f.service, '{}') from public.service_facts f
    where f.client_id = client and f.stream = 'webhook'
      and not exists (select from jsonb_array_elements(p_found -> 'services') e
        where e ->> 'service' = f.service);
  end if;
end
$$;
comment on function public.record_detection is
  '{"workspaces":[{"client_id","problem":null|text,"services":[{"service","present":[names],"missing":[names],"schedules":[{"stream","partition","cadence":"daily"|"weekly"|"interval","every_secs"}]}]}]}. Unlisted services of a listed workspace lose their present keys; with a problem they stay as they were, and have it. Of a listed service without missing keys, schedules that are not listed go: cursor, unfinished run and facts. Unchanged rows are not touched; unknown workspaces are skipped.';

-- What a key refused says nothing any more once the key was taken away: no delivery under it can come right.
create function app.forget_refusals(p_client uuid, p_service text, p_present text[]) returns void
language sql set search_path = '' as $$
  update public.service_facts f
  set refused = (select coalesce(jsonb_object_agg(r.key, r.value), '{}') from jsonb_each(f.refused) r
    where r.key = any (p_present))
  where f.client_id = p_client and f.service = p_service and f.stream = 'webhook'
    and exists (select from jsonb_object_keys(f.refused) k where not k = any (p_present))
$$;
revoke all on function app.forget_refusals(uuid, text, text[]) from public, anon, authenticated;
grant execute on function app.forget_refusals(uuid, text, text[]) to service_role;
select app.exchange_text('app.detect_service', 'perform app.schedule_streams(p_client, p_detected);',
  'perform app.forget_refusals(p_client, p_detected ->> ''service'', present);
  perform app.schedule_streams(p_client, p_detected);');

-- Without its key SendGrid's event webhook is given up: nothing was to arrive.
create or replace function app.reconcile_email() returns trigger
language plpgsql set search_path = '' as $$
declare
  client uuid;
  stream text;
begin
  for client in select distinct t.client_id from told t
    where exists (select from public.service_facts f where f.client_id = t.client_id and f.service = 'sendgrid'
        and f.stream = '' and 'sendgrid.webhook_public_key' = any (f.present_keys))
      and (exists (select from public.email_events e where e.client_id = t.client_id)
        or app.awaits_email_since(t.client_id) is not null) order by 1
  loop
    foreach stream in array array['stats', 'webhook'] loop
      perform app.merge_facts(client, 'sendgrid', stream, '', jsonb_build_object(
        'reconciled_missed', app.email_missed(client), 'reconciled_at', clock_timestamp()));
    end loop;
  end loop;
  update public.service_facts f set reconciled_missed = null, reconciled_at = null
  where f.client_id in (select t.client_id from told t) and f.service = 'sendgrid' and f.reconciled_at is not null
    and not exists (select from public.service_facts s where s.client_id = f.client_id and s.service = 'sendgrid'
      and s.stream = '' and 'sendgrid.webhook_public_key' = any (s.present_keys));
  return null;
end
$$;

-- A delivery that failed and is sent again has its six hours anew.
alter table public.webhook_receipts add reopened_at timestamptz;
comment on column public.webhook_receipts.reopened_at is 'When one that had ended was received again, sent or replayed; null: never.';
select app.exchange_text('app.forget_tries', 'new.error_kind := null;', 'new.error_kind := null;
  new.reopened_at := clock_timestamp();');
select app.exchange_text('public.record_dead_letter', 'r.state = ''received'' and r.received_at < long_ago',
  'r.state = ''received'' and coalesce(r.reopened_at, r.received_at) < long_ago');
-- Whoever is applying one has it, and waits for nobody.
select app.exchange_text('app.open_deliveries',
  'where r.state = ''received'' and r.received_at < long_ago and r.tries >= 8
    and not app.has_unreadable_settings(r.client_id);',
  'where (r.client_id, r.service, r.delivery_key) in (
    select o.client_id, o.service, o.delivery_key from public.webhook_receipts o
    where o.state = ''received'' and coalesce(o.reopened_at, o.received_at) < long_ago and o.tries >= 8
      and not app.has_unreadable_settings(o.client_id)
    for update skip locked);');

-- A mail is dated by when it came, also where it is taken up again days later.
select app.exchange_text('app.open_deliveries', '''object_key'', a.object_key))', '''object_key'', a.object_key, ''received_at'', a.received_at))');

comment on function public.claim_due is
  '{"limit":50,"per_service":{"google_ads":4}} -> {"jobs":[{"job":"sync","workspace","client_id","service","stream","partition","run_id"}],"deliveries":[{"job":"delivery","workspace","client_id","service","delivery_key","object_key","received_at"}]}: schedules that are due, runs recorded and not finished, receipts not applied. At most limit of each kind and per_service jobs of a service, workspaces taking turns. Safe to call twice at once.';

-- Scans of Meta that brought nothing have spent its 90 days: they are asked for again (the stream's `expects`).
update public.sync_cursors c set cursor = c.cursor - 'covered_from' - 'covered_until'
where c.service = 'meta' and c.stream in ('page', 'instagram') and c.cursor ? 'covered_until'
  and not exists (select from public.service_facts f where f.client_id = c.client_id and f.service = c.service
    and f.stream = c.stream and f.partition = c.partition and f.newest_row_at is not null);

-- Daily series: what Search Console has not told yet is not zero for a week: it may be some days later than usual with all
-- of them. After that a property without rows has no visits.
select app.exchange_text('public.daily_series',
  'case when s.stream is null then (z.at at time zone c.zone_name)::date
        else coalesce((r.read_at at time zone c.zone_name)::date, f.last_day + 1) end - s.hold_days as provisional_from',
  'least(case when s.stream is null then (z.at at time zone c.zone_name)::date
        else coalesce((r.read_at at time zone c.zone_name)::date, f.last_day + 1) end - s.hold_days,
        case when s.service = ''search_console'' then greatest(f.last_day + 1,
          (r.read_at at time zone c.zone_name)::date - s.hold_days - 7) end) as provisional_from');

-- PageSpeed's is the average of the same pages on each day: those that are listed and were measured in the week of the
-- newest run, each with its score of that day or of the week before. One that has none leaves the day unknown.
select app.exchange_text('public.daily_series', '  point (metric, part, of, day, value, read_at) as (',
  '  measured as (
    select r.strategy, r.url, (r.run_at at time zone z.time_zone)::date as day, avg(r.performance_score::numeric) as score
    from zone z join public.pagespeed_runs r on r.client_id = z.client_id
      and r.run_at >= z.since_at - interval ''8 days''
    where r.performance_score is not null
      and (exists (select from public.service_facts f where f.client_id = z.client_id and f.service = ''pagespeed''
          and f.stream = ''runs'' and f.partition = r.strategy || '' '' || r.url)
        or not exists (select from public.service_facts f where f.client_id = z.client_id and f.service = ''pagespeed''
          and f.stream = ''runs''))
    group by 1, 2, 3),
  page as (
    select n.strategy, n.url from (select m.strategy, m.url, max(m.day) as day,
        max(max(m.day)) over (partition by m.strategy) as newest from measured m group by 1, 2) n
    where n.day > n.newest - 8),
  point (metric, part, of, day, value, read_at) as (');
select app.exchange_text('public.daily_series',
  'select ''pagespeed.performance.'' || r.strategy, '''', null, r.day, round(avg(r.score), 4), null
    from (select r.strategy, r.url, (r.run_at at time zone z.time_zone)::date as day,
        avg(r.performance_score::numeric) as score
      from zone z join public.pagespeed_runs r on r.client_id = z.client_id and r.run_at >= z.since_at
      group by 1, 2, 3) r
    group by 1, 4',
  'select ''pagespeed.performance.'' || d.strategy, '''', null, d.day,
      case when count(m.score) = count(*) then round(avg(m.score), 4) end, null
    from (select distinct m.strategy, m.day from measured m join page using (strategy, url), zone z
        where m.day >= z.since) d join page p using (strategy)
      left join lateral (select m.score from measured m where m.strategy = p.strategy and m.url = p.url
        and m.day <= d.day and m.day > d.day - 8 order by m.day desc limit 1) m on true
    group by d.strategy, d.day');
