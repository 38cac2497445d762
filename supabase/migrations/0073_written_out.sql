-- What was exchanged in line by line, six times and more, written out. New in it:
-- note_settings reads from the beginning what may be another account's (0071).
-- withdraw_unread_rows goes by the reports of a day (0071).
-- plan_after_failure: a permission that is lacking in the middle of a scan must not keep what is asked for before it from
-- being read ever again: the next run begins anew, as after a page that is impossible.

create or replace function app.email_missed(p_client uuid)
returns integer language sql stable set search_path = '' as $$
  with kinds (kind, event) as (
    values ('processed', 'processed'), ('delivered', 'delivered'), ('bounces', 'bounce'), ('blocks', 'bounce')),
  since as (
    select k.kind, k.event, coalesce((select (min(e.occurred_at) at time zone 'UTC')::date from app.arrived_email_events e
      where e.client_id = p_client and e.event = k.event),
      case when k.kind = 'delivered' then app.awaits_email_since(p_client) end) as day
    from kinds k
    where exists (select from app.arrived_email_events e where e.client_id = p_client and e.event = k.event
        and e.occurred_at > now() - interval '30 days')
      or not exists (select from app.arrived_email_events e where e.client_id = p_client
        and e.occurred_at > now() - interval '30 days')),
  totals as (
    select s.day, v.kind, case when v.total > 50000000 then 50000000 else v.total end as total from public.email_stats_daily s
    cross join lateral (values ('processed', s.processed), ('delivered', s.delivered),
      ('bounces', s.bounces), ('blocks', s.blocks)) v (kind, total)
    where s.client_id = p_client and s.day > (now() at time zone 'UTC')::date - 9
      and s.day < (now() at time zone 'UTC')::date - 1)
  select coalesce(sum(greatest(0, t.total - (select count(*) from app.arrived_email_events e
    where e.client_id = p_client and e.event = c.event
      and e.occurred_at >= t.day::timestamp at time zone 'UTC'
      and e.occurred_at < (t.day + 1)::timestamp at time zone 'UTC'
      and (c.event <> 'bounce' or (e.bounce_type is not distinct from 'blocked') = (c.kind = 'blocks'))))), 0)::int
  from totals t join since c using (kind) where t.day > c.day
    and t.day > coalesce((select (min(h.recorded_at) at time zone 'UTC')::date from public.facts_history h
      where h.client_id = p_client and h.service = 'sendgrid' and h.stream = '' and h.recorded_at > (
        select max(o.recorded_at) from public.facts_history o
        where o.client_id = p_client and o.service = 'sendgrid' and o.stream = ''
          and not coalesce(o.facts -> 'present_keys' ? 'sendgrid.webhook_public_key', false))), '-infinity')
$$;

create or replace function app.note_settings(p_found jsonb)
returns void language plpgsql set search_path = '' as $$
declare
  -- At the last tick they were the earlier ones; what failed since may be of these, and stays.
  beat constant app.heartbeat := (select h from app.heartbeat h);
  runs_with jsonb;
begin
  select p_found || coalesce(jsonb_object_agg(e.key, e.value), '{}') into runs_with
  from jsonb_each(beat.service_settings) e
  join public.workspaces w on w.slug = split_part(e.key, ' ', 1) and w.configuration_problem is not null
  where not p_found ? e.key;
  if beat.service_settings = runs_with then return; end if;
  update public.service_facts f set keys_since = beat.ticked_at
  from (select split_part(e.key, ' ', 1) as slug, split_part(e.key, ' ', 2) as service from jsonb_each_text(p_found) e
    where beat.service_settings ->> e.key <> e.value) other
  where f.service = other.service and f.stream = ''
    and other.slug in ('', (select w.slug from public.workspaces w where w.client_id = f.client_id))
    and exists (select from public.service_facts u where u.client_id = f.client_id and u.service = f.service
      and u.stream = 'requests' and u.failure_kind in ('credentials', 'configuration')
      and u.failed_at >= coalesce(f.keys_since, '-infinity') and u.failed_at < beat.ticked_at);
  if beat.service_settings ->> ' supabase account' = p_found ->> ' supabase account' then
    perform from public.sync_cursors c where app.has_other_account(c, beat.service_settings, p_found)
    order by c.client_id, c.service, c.stream, c.partition for update;
    update public.service_facts f set reconciled_at = null
    from public.sync_cursors c
    where app.has_other_account(c, beat.service_settings, p_found) and c.client_id = f.client_id
      and c.service = f.service and c.stream = f.stream and c.partition = f.partition;
    update public.sync_cursors c set cursor = null, lease = null, lease_until = null
    where app.has_other_account(c, beat.service_settings, p_found);
  end if;
  update app.heartbeat h set service_settings = (
    select coalesce(jsonb_object_agg(e.key, e.value), '{}') from jsonb_each(runs_with) e
    where split_part(e.key, ' ', 1) in (select '' union all select w.slug from public.workspaces w));
end
$$;

create or replace function app.plan_after_failure()
returns trigger language plpgsql set search_path = '' as $$
declare
  least_secs constant jsonb := '{"provider": 3600, "rate_limit": 3600, "ours": 3600, "stopped": 21600, "credentials": 86400, "configuration": 86400}';
  reason constant text := case when new.stops >= 12 then 'stopped' else new.error_kind end;
begin
  update public.sync_cursors c
  set next_due_at = case when new.error_kind in ('credentials', 'configuration')
        and new.started_at < (select h.settings_changed_at + interval '5 minutes' from app.heartbeat h)
      then least(c.next_due_at, clock_timestamp() + interval '5 minutes')
      when least_secs ? reason then least(c.next_due_at, clock_timestamp()
        + make_interval(secs => greatest((least_secs ->> reason)::int, c.every_secs / 24)))
      else c.next_due_at end,
    cursor = case when new.error_kind = 'configuration' or new.pages = 0 and new.error_kind not in ('rate_limit', 'credentials', 'configuration')
        and not (reason in ('provider', 'ours') and exists (select from public.sync_runs r
          where r.client_id = new.client_id and r.service = new.service and r.stream = new.stream
            and r.partition = new.partition and r.pages > 0 and r.updated_at > clock_timestamp()
              - make_interval(secs => least(21600, 8 * c.every_secs))))
      then c.cursor || '{"stuck": true}' else c.cursor end
  where c.client_id = new.client_id and c.service = new.service
    and c.stream = new.stream and c.partition = new.partition;
  return null;
end
$$;

create or replace function app.record_facts()
returns trigger language plpgsql set search_path = '' as $$
declare
  clocks constant text[] := array['last_event_at', 'last_success_at', 'usual_gap_secs']
    || case when tg_op = 'UPDATE' and old.failure_kind is not distinct from new.failure_kind
      then array['failures', 'failure_message', 'failed_at'] else '{}' end
    || case when tg_op = 'UPDATE' and old.bad_signatures >= 10 and new.bad_signatures >= 10
      then array['bad_signatures', 'refused', 'last_bad_signature_at'] else '{}' end;
  passing constant text[] := array['progress_done', 'progress_total', 'run_rows', 'updated_at',
    'last_attempt_at', 'running_since', 'newest_row_at'];
begin
  if tg_op = 'DELETE' then
    insert into public.facts_history (client_id, service, stream, partition, facts)
    values (old.client_id, old.service, old.stream, old.partition, '{}');
    return null;
  end if;
  if tg_op = 'UPDATE' and to_jsonb(old) - passing = to_jsonb(new) - passing then
    return null;
  end if;
  if tg_op = 'UPDATE' and new.stream = 'webhook'
    and to_jsonb(old) - passing - clocks = to_jsonb(new) - passing - clocks
    and exists (select from public.facts_history h where h.client_id = new.client_id and h.service = new.service
      and h.stream = new.stream and h.partition = new.partition
      and h.recorded_at > clock_timestamp() - interval '1 hour')
  then
    return null;
  end if;
  insert into public.facts_history (client_id, service, stream, partition, facts)
  values (new.client_id, new.service, new.stream, new.partition, jsonb_strip_nulls(to_jsonb(new)));
  return null;
end
$$;

create or replace function app.tell_of_delivery()
returns trigger language plpgsql set search_path = '' as $$
declare
  lost record;
begin
  if new.state in ('unreadable', 'failed') or new.error is not null then
    perform app.merge_facts(new.client_id, new.service, 'webhook', '', '{}');
  end if;
  perform from public.service_facts f where f.client_id = new.client_id and f.service = new.service
    and f.stream = 'webhook' and f.partition = '' for update;
  select count(*) over () as number, r.state, r.error, r.error_kind, r.updated_at into lost
  from (select * from app.lost_deliveries l
    where l.client_id = new.client_id and l.service = new.service
    order by l.updated_at desc limit 1000) r
  order by r.updated_at desc limit 1;
  if not found then
    update public.service_facts f
    set failure_kind = null, failure_message = null, failed_at = null, failures = 0, failure_final = false
    where f.client_id = new.client_id and f.service = new.service and f.stream = 'webhook'
      and f.failure_kind is not null;
    return null;
  end if;
  update public.service_facts f
  set failure_kind = case when lost.state = 'failed' then coalesce(lost.error_kind, 'ours') else 'data' end,
    failure_message = case when lost.number = 1 then ''
      else case when lost.number = 1000 then 'at least ' else '' end || lost.number || ' deliveries could not be taken, the last one: ' end
      || coalesce(lost.error, 'a delivery could not be read'),
    failed_at = lost.updated_at,
    failures = lost.number, failure_final = true
  where f.client_id = new.client_id and f.service = new.service and f.stream = 'webhook';
  return null;
end
$$;

create or replace function app.withdraw_unread_rows()
returns trigger language plpgsql set search_path = '' as $$
declare
  since constant timestamptz := new.cursor ->> 'covered_from';
  until constant timestamptz := new.cursor ->> 'covered_until';
  report app.sync_targets;
  columns text[];
begin
  if since is null or (new.cursor ->> 'run_rows')::bigint = 0 or until > clock_timestamp() + interval '1 hour' then return null; end if;
  for report in select * from app.sync_targets t
    where t.service = new.service and t.stream = new.stream order by t.table_name
  loop
    select array_agg(quote_ident(k)) into columns from jsonb_object_keys(report.withdrawn) k;
    execute format('update public.%1$I s
        set (%2$s, source_at, updated_at) = row(n.%3$s, $3, clock_timestamp())
      from jsonb_populate_record(null::public.%1$I, $5) n
      where s.client_id = $2 and %4$s and s.source_at < $3 - interval ''1 hour''
        and s.day > ($4 at time zone ''UTC'')::date and s.day < ($3 at time zone ''UTC'')::date - 1
        and (s.%5$s) is distinct from (n.%3$s)
        and ($6 is not null or s.day in (select told.day + near.days from generate_series(-3, 3) near (days),
          (select distinct s.day from public.%1$I s
            where s.client_id = $2 and %4$s and s.source_at >= $3 - interval ''1 hour'' and (s.%5$s) is distinct from (n.%3$s)
              and s.day > ($4 at time zone ''UTC'')::date - 4 and s.day < ($3 at time zone ''UTC'')::date + 3) told))
        and ($6::int is null or (s.day, %6$s) in (select s.day, %6$s from public.%1$I s
          where s.client_id = $2 and %4$s and s.source_at >= $3 - interval ''1 hour''
            and s.day > ($4 at time zone ''UTC'')::date and s.day < ($3 at time zone ''UTC'')::date - 1
          group by 1, 2 having count(*) < $6))',
      report.table_name, array_to_string(columns, ', '), array_to_string(columns, ', n.'),
      report.place, array_to_string(columns, ', s.'), report.part)
      using new.partition, new.client_id, until, since, report.withdrawn, report.rows_cut;
  end loop;
  return null;
end
$$;

create or replace function public.claim_due(p jsonb)
returns jsonb language plpgsql set search_path = '' set statement_timeout = '18s' as $$
declare
  max_rows constant int := coalesce((p ->> 'limit')::int, 50);
  place public.sync_cursors;
  ends jsonb;
  claimed uuid[] := '{}';
begin
  perform pg_advisory_xact_lock(hashtext('app.tick'));
  if p ->> 'service_settings' is not null then perform app.note_settings(p -> 'service_settings'); end if;
  insert into app.heartbeat (ticked_at) values (clock_timestamp())
  on conflict (only_one) do update set ticked_at = excluded.ticked_at;
  if p ->> 'settings' is not null then perform app.ask_refused_again(p ->> 'settings'); end if;
  ends := app.settle_actions();
  perform app.forget_lost_deliveries();
  perform app.prune(1000);
  for place in select * from app.choose_work(max_rows, p -> 'per_service') loop
    claimed := claimed || case when place.run_id is null
      then app.begin_run(place, 'schedule') else app.revive_run(place) end;
  end loop;
  return jsonb_build_object('jobs', app.sync_jobs(claimed),
    'deliveries', app.open_deliveries(max_rows), 'ends', ends);
end
$$;

create or replace function public.start_run(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  most constant int := coalesce((p ->> 'limit')::int, 1000);
  place public.sync_cursors;
  places public.sync_cursors[];
  rested_at timestamptz;
  is_busy boolean;
  started uuid[] := '{}';
begin
  perform pg_advisory_xact_lock_shared(hashtext('app.schedules'), hashtext(p ->> 'client_id'));
  places := array(select c from public.sync_cursors c
    where c.client_id = (p ->> 'client_id')::uuid and c.service = p ->> 'service'
      and c.stream = coalesce(p ->> 'stream', c.stream)
      and c.partition = coalesce(p ->> 'partition', c.partition)
      and app.is_runnable(c.client_id, c.service, c.stream, c.partition)
    order by c.stream, c.partition for update);
  if cardinality(places) = 0 then return app.why_not_run(p) || '{"jobs": []}'; end if;
  rested_at := (select max(app.rests_until(c)) from unnest(places) c where c.run_id is null);
  is_busy := exists (select from unnest(places) c where c.run_id is not null);
  if is_busy and p ->> 'stream' is null and exists (select from public.service_facts f
    where f.client_id = (p ->> 'client_id')::uuid and f.service = p ->> 'service' and f.rate_limited_until > clock_timestamp()) then
    return '{"busy": true}';
  end if;
  places := array(select c from unnest(places) c where c.run_id is null and app.rests_until(c) is null order by c.stream, c.partition);
  if cardinality(places) = 0 and is_busy then return '{"busy": true}'; end if;
  if cardinality(places) = 0 then
    return jsonb_build_object('jobs', '[]'::jsonb, 'why', 'just_synced',
      'again_in_secs', ceil(extract(epoch from rested_at - now())));
  end if;
  foreach place in array places loop
    if cardinality(started) < most then
      started := started || app.begin_run(place, coalesce(p ->> 'cause', 'manual'));
    else
      update public.sync_cursors c set next_due_at = least(c.next_due_at, clock_timestamp())
      where c.client_id = place.client_id and c.service = place.service
        and c.stream = place.stream and c.partition = place.partition;
    end if;
  end loop;
  return jsonb_build_object('jobs', app.sync_jobs(started));
end
$$;
