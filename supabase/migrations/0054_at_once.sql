-- Two at once: what one has just written is counted by the other, and locks are taken in one order.

-- Deliveries that the card tells: for three days, and those that were not taken at all until they are.
create view app.lost_deliveries with (security_invoker = true) as
  select * from public.webhook_receipts r
  where (r.state in ('unreadable', 'failed') or (r.state = 'applied' and r.error is not null))
    and r.updated_at > clock_timestamp() - interval '3 days';
grant select on app.lost_deliveries to service_role;

-- The facts first, then the count: of two deliveries that end at once the second waits, and counts the first one's.
select app.exchange_text('app.tell_of_delivery', '
  select count(*)', '
  if new.state in (''unreadable'', ''failed'') or new.error is not null then
    perform app.merge_facts(new.client_id, new.service, ''webhook'', '''', ''{}'');
  end if;
  perform from public.service_facts f where f.client_id = new.client_id and f.service = new.service
    and f.stream = ''webhook'' and f.partition = '''' for update;
  select count(*)');
select app.exchange_text('app.tell_of_delivery', 'public.webhook_receipts r
  where r.client_id = new.client_id and r.service = new.service
    and (r.state in (''unreadable'', ''failed'') or (r.state = ''applied'' and r.error is not null))
    and r.updated_at > clock_timestamp() - interval ''3 days''', 'app.lost_deliveries r
  where r.client_id = new.client_id and r.service = new.service');
select app.exchange_text('app.tell_of_delivery', 'end if;
  perform app.merge_facts(new.client_id, new.service, ''webhook'', '''', ''{}'');
  update', 'end if;
  update');

-- Facts that are held are being told of something just now; of what was told while this looked, the second
-- look knows.
create or replace function app.forget_lost_deliveries() returns void language plpgsql set search_path = '' as $$
declare
  webhook public.service_facts;
begin
  for webhook in select * from public.service_facts f
    where f.stream = 'webhook' and f.failure_kind is not null
      and not exists (select from app.lost_deliveries l where l.client_id = f.client_id and l.service = f.service)
    order by f.client_id, f.service for update skip locked
  loop
    update public.service_facts f
    set failure_kind = null, failure_message = null, failed_at = null, failures = 0, failure_final = false
    where f.client_id = webhook.client_id and f.service = webhook.service and f.stream = 'webhook'
      and not exists (select from app.lost_deliveries l where l.client_id = f.client_id and l.service = f.service);
  end loop;
end
$$;

-- Of two uses that end at once the later one's facts stay: the row is there and held before it is compared with.
select app.exchange_text('public.end_action', '
  select * into stored from', '
  perform app.merge_facts(client, p ->> ''service'', p ->> ''stream'', '''', ''{}'');
  select * into stored from');
select app.exchange_text('public.end_action', 'and f.stream = p ->> ''stream'' and f.partition = '''';',
  'and f.stream = p ->> ''stream'' and f.partition = '''' for update;');

-- A tick's detection and its claiming each go through all clients: one after the other, also of two ticks.
select app.exchange_text('public.record_detection', 'begin
', 'begin
  perform pg_advisory_xact_lock(hashtext(''app.tick''));
');
select app.exchange_text('public.claim_due', 'begin
', 'begin
  perform pg_advisory_xact_lock(hashtext(''app.tick''));
');
-- Nobody starts runs of a client whose schedules are being changed.
select app.exchange_text('app.detect_workspace', 'begin
', 'begin
  perform pg_advisory_xact_lock(hashtext(''app.schedules''), hashtext(client::text));
');
select app.exchange_text('public.start_run', 'begin
', 'begin
  perform pg_advisory_xact_lock_shared(hashtext(''app.schedules''), hashtext(p ->> ''client_id''));
');
-- The webhook's facts last, as whoever writes a page does.
select app.exchange_text('app.detect_service', '
  perform app.forget_refusals(p_client, p_detected ->> ''service'', present);
  perform app.schedule_streams(p_client, p_detected);', '
  perform app.schedule_streams(p_client, p_detected);
  perform app.forget_refusals(p_client, p_detected ->> ''service'', present);');
-- An insert that "does nothing" waits for whoever changes the row that is there: only what is not there is inserted.
select app.exchange_text('app.detect_service', '
  values (p_client, p_detected ->> ''service'', '''', present, missing, now())', '
  select p_client, p_detected ->> ''service'', '''', present, missing, now()
  where not exists (select from public.service_facts f where f.client_id = p_client
    and f.service = p_detected ->> ''service'' and f.stream = '''' and f.partition = '''')');
select app.exchange_text('app.schedule_streams', '(e ->> ''every_secs'')::int, now()
  from jsonb_array_elements(schedules) e order', '(e ->> ''every_secs'')::int, now()
  from jsonb_array_elements(schedules) e
  where not exists (select from public.sync_cursors c where c.client_id = p_client and c.service = named
    and c.stream = e ->> ''stream'' and c.partition = coalesce(e ->> ''partition'', '''')) order');
select app.exchange_text('app.schedule_streams', 'coalesce(e ->> ''partition'', ''''), now()
  from jsonb_array_elements(schedules) e order', 'coalesce(e ->> ''partition'', ''''), now()
  from jsonb_array_elements(schedules) e
  where not exists (select from public.service_facts f where f.client_id = p_client and f.service = named
    and f.stream = e ->> ''stream'' and f.partition = coalesce(e ->> ''partition'', '''')) order');

-- Receipts before rows, as a delivery takes them.
select app.exchange_text('app.apply_run_page', '
  result := app.upsert_tables(', '
  perform from public.webhook_receipts r where r.client_id = run.client_id and r.service = run.service
    and r.delivery_key in (select e ->> ''key''
      from jsonb_array_elements(coalesce(nullif(p -> ''deliveries'', ''null''), ''[]'')) e)
    and r.state in (''failed'', ''unreadable'') order by r.delivery_key for update;
  result := app.upsert_tables(');
select app.exchange_text('app.record_missed', '
  from jsonb_array_elements(p_deliveries) e
  order', '
  from jsonb_array_elements(p_deliveries) e
  where not exists (select from public.webhook_receipts r
    where r.client_id = p_client and r.service = p_service and r.delivery_key = e ->> ''key'')
  order');

-- The run and its cursor, or neither: whoever holds the cursor may be waiting for the run.
select app.exchange_text('app.revive_run', '
  if not found then return null; end if;
', '
  if not found then return null; end if;
  perform from public.sync_cursors c where c.run_id = run.run_id
    and (run.state <> ''running'' or coalesce(c.lease_until, ''-infinity'') < now()) for update skip locked;
  if not found then return null; end if;
');

-- One after the other, in the order in which a delivery of events takes the mails.
create or replace function app.settle_actions() returns void language plpgsql set search_path = '' as $$
declare
  left_one record;
begin
  for left_one in select o.client_id, o.id from public.action_requests o
    where o.state = 'running' and o.requested_at < now() - interval '15 minutes'
    order by o.client_id, o.id for update skip locked
  loop
    update public.action_requests r set state = 'unknown', finished_at = clock_timestamp()
    where r.client_id = left_one.client_id and r.id = left_one.id;
  end loop;
end
$$;

-- Removing a client locks its rows alone: to switch the trigger off had stopped whoever writes facts of any client.
create or replace function app.refuse_change() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'DELETE' and tg_level = 'ROW' then
    if old.client_id::text = pg_catalog.current_setting('app.removed', true)
      and pg_catalog.pg_has_role(current_user,
        (select c.relowner from pg_catalog.pg_class c where c.oid = tg_relid), 'usage')
    then return old; end if;
  end if;
  raise exception '% is append-only: % refused', tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege';
end
$$;
select app.exchange_text('app.remove_workspace', '
  alter table public.facts_history disable trigger append_only_kept;', '
  perform set_config(''app.removed'', client::text, true);
  -- As whoever works takes them: the tick, runs, places, deliveries; facts come last, and with them their history.
  perform pg_advisory_xact_lock(hashtext(''app.tick''));
  perform from public.sync_runs r where r.client_id = client order by r.run_id for update;
  perform from public.sync_cursors c where c.client_id = client order by c.service, c.stream, c.partition for update;
  perform from public.webhook_receipts r where r.client_id = client order by r.service, r.delivery_key for update;');
select app.exchange_text('app.remove_workspace', '
  alter table public.facts_history enable trigger append_only_kept;', '
  perform set_config(''app.removed'', '''', true);');
select app.exchange_text('app.remove_workspace', 'c.relname = ''facts_history'', c.relname',
  'c.relname = ''facts_history'', c.relname = ''service_facts'', c.relname = ''sync_runs'', c.relname');

-- A day on which one of the accounts that had begun told nothing is not known: the others' sum looks like a fall.
do $$
declare
  branch record;
begin
  for branch in select * from (values ('meta.', 'meta_page_daily', 'page_id'),
      ('meta.instagram_', 'meta_instagram_daily', 'account_id')) b (prefix, name, account) loop
    perform app.exchange_text('public.daily_series',
      format('zone z join public.%s m on m.client_id = z.client_id and m.day >= z.since', branch.name),
      format('(select d.*, min(d.day) over (partition by d.metric, d.%s) as began
        from zone z join public.%s d on d.client_id = z.client_id and d.day >= z.since) m',
        branch.account, branch.name));
    perform app.exchange_text('public.daily_series',
      format('select %L || m.metric, '''', null, m.day, sum(m.value),', branch.prefix),
      format('select %1$L || m.metric, '''', null, m.day,
        case when count(*) = sum(count(*) filter (where m.day = m.began))
        over (partition by %1$L || m.metric order by m.day) then sum(m.value) end,', branch.prefix));
  end loop;
end
$$;

-- What waits on purpose, for its time or for settings that can be read, is not told as left behind.
select app.exchange_text('public.health', 'r.state = ''received''
      and', 'r.state = ''received''
      and (r.retry_at is null or r.retry_at <= now()) and not app.has_unreadable_settings(r.client_id)
      and');
comment on table public.probe_results is
  'One row per probe and moment. latency_ms: request to last byte. row_count: of the table probed, exact. state: answers, or null.';

-- What is refused for its keys is refused for good: nothing to ask.
select app.exchange_text('app.ask_refused_again', ' and f.failure_final', '');
