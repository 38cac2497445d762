-- A lost answer costs nothing: who began an action and did not hear so may ask again, and a run that was worked
-- on in the last hours is not failed because its message died while the database was away. The card shows a
-- delivery that was read in part.

alter table public.action_requests add begun_by uuid;
comment on column public.action_requests.begun_by is
  'The one call of the API that carries this request out. Null: from before it was kept.';

create or replace function public.begin_action(p jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  known public.action_requests;
begin
  if exists (select from public.service_facts f where f.client_id = (p ->> 'client_id')::uuid
    and f.service = p ->> 'service' and f.stream = '' and f.partition = '' and not f.enabled)
  then
    return '{"begun": false, "state": "disabled"}';
  end if;
  insert into public.action_requests (client_id, id, service, action, requested_by, begun_by)
  values ((p ->> 'client_id')::uuid, (p ->> 'id')::uuid, p ->> 'service', p ->> 'action',
    (p ->> 'user_id')::uuid, (p ->> 'begun_by')::uuid)
  on conflict do nothing;
  if not found then
    select * into known from public.action_requests r
    where r.client_id = (p ->> 'client_id')::uuid and r.id = (p ->> 'id')::uuid;
    return case when known.state = 'running' and known.begun_by = (p ->> 'begun_by')::uuid
      then '{"begun": true}' else jsonb_build_object('begun', false, 'state', known.state) end;
  end if;
  perform app.upsert_tables((p ->> 'client_id')::uuid, p -> 'tables');
  return '{"begun": true}';
end
$$;
comment on function public.begin_action is
  '{"client_id","id","begun_by","service","action","user_id","tables"} -> {"begun":true}, also when the same begun_by asks again, or {"begun":false,"state"} for an id that another used and for a service that is switched off ("disabled"): nothing is written then.';

alter table public.sync_cursors add leased_at timestamptz;
comment on column public.sync_cursors.leased_at is 'When a Worker last took run_id. Null: none has.';
create function app.note_lease() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.run_id is distinct from old.run_id then new.leased_at := null; end if;
  if new.lease is not null and new.lease is distinct from old.lease then
    new.leased_at := clock_timestamp();
  end if;
  return new;
end
$$;
create trigger a_leased before update on public.sync_cursors
  for each row execute function app.note_lease();
revoke all on function app.note_lease from public, anon, authenticated;
grant execute on function app.note_lease to service_role;

create or replace function public.record_dead_letter(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  message constant jsonb := p -> 'message';
  why constant text := 'the queue gave up on this job after its retries';
  long_ago constant timestamptz := clock_timestamp() - interval '6 hours';
  run public.sync_runs;
begin
  if message ->> 'job' = 'delivery' then
    update public.webhook_receipts r set state = 'failed', error = why
    where r.client_id = (message ->> 'client_id')::uuid and r.service = message ->> 'service'
      and r.delivery_key = message ->> 'delivery_key' and r.state = 'received' and r.received_at < long_ago;
    return jsonb_build_object('recorded', found);
  end if;
  select * into run from public.sync_runs r
  where r.run_id = (message ->> 'run_id')::uuid and r.state in ('queued', 'running', 'waiting')
    and r.created_at < long_ago
    and not exists (select from public.sync_cursors c where c.run_id = r.run_id and c.leased_at > long_ago)
  for update;
  if not found then return '{"recorded": false}'; end if;
  update public.sync_runs r set error_kind = 'ours', error_message = why
  where r.run_id = run.run_id;
  perform app.end_run(run.run_id, 'failed');
  perform app.record_our_failure(run, why);
  return '{"recorded": true}';
end
$$;
comment on function public.record_dead_letter is
  '{"message":{a queue message}} -> {"recorded":bool}. A receipt of more than 6 hours ago, or a run that no Worker took for as long: failed, kind ours; false when it is finished, being worked on or to be tried again by the tick.';

-- The objects of one webhook delivery. With ties the receipt stays open: fetch the tied objects and apply again,
-- now with the time of that reply as source_at. Rows that could not be read were answered with 200 and do not
-- come again, so the webhook has failed until the next delivery is applied.
create or replace function app.apply_delivery(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  receipt public.webhook_receipts;
  result jsonb;
begin
  select * into receipt from public.webhook_receipts r
  where r.client_id = (p #>> '{receipt,client_id}')::uuid
    and r.service = p #>> '{receipt,service}'
    and r.delivery_key = p #>> '{receipt,delivery_key}' for update;
  if not found then return app.not_applied('unknown'); end if;
  if receipt.state = 'applied' then return app.not_applied('repeated'); end if;

  result := app.upsert_tables(receipt.client_id, p -> 'tables');
  if result -> 'ties' = '[]' then
    update public.webhook_receipts r set state = 'applied', error = p ->> 'lost_rows'
    where r.client_id = receipt.client_id and r.service = receipt.service
      and r.delivery_key = receipt.delivery_key;
  end if;
  perform app.merge_webhook_facts(receipt.client_id, receipt.service, p -> 'facts');
  if p ->> 'lost_rows' is not null then
    perform app.merge_facts(receipt.client_id, receipt.service, 'webhook', '', jsonb_build_object(
      'failure_kind', 'data', 'failure_message', p ->> 'lost_rows', 'failed_at', clock_timestamp(),
      'failures', 1, 'failure_final', true));
  end if;
  return result || '{"applied": true, "missed": 0}';
end
$$;

-- Deliveries arrive in any order: clocks of the webhook only move forward, and its usual gap between events is
-- learned (a moving average, 1/5 for the newest gap). Events within a minute are one happening: a payment is
-- told by several, a campaign by a hundred.
create or replace function app.merge_webhook_facts(p_client uuid, p_service text, p_patch jsonb)
returns void language plpgsql set search_path = '' as $$
declare
  patch jsonb := coalesce(nullif(p_patch, 'null'), '{}');
  stored public.service_facts;
  given public.service_facts;
  gap_secs int;
begin
  perform app.merge_facts(p_client, p_service, 'webhook', '', '{}');
  select * into stored from public.service_facts f
  where f.client_id = p_client and f.service = p_service and f.stream = 'webhook' for update;
  given := jsonb_populate_record(stored, patch);
  gap_secs := stored.usual_gap_secs;
  if given.last_event_at > stored.last_event_at + interval '1 minute' then
    gap_secs := extract(epoch from given.last_event_at - stored.last_event_at);
    gap_secs := round(coalesce(stored.usual_gap_secs * 0.8 + gap_secs * 0.2, gap_secs));
  end if;
  perform app.merge_facts(p_client, p_service, 'webhook', '', patch || jsonb_build_object(
    'last_event_at', greatest(stored.last_event_at, given.last_event_at),
    'newest_row_at', greatest(stored.newest_row_at, given.newest_row_at),
    'last_success_at', greatest(stored.last_success_at, given.last_success_at),
    'last_attempt_at', greatest(stored.last_attempt_at, given.last_attempt_at),
    'usual_gap_secs', gap_secs));
end
$$;

-- p_place's run, if nobody is left who works on it, queued again; null: none, or it was given up. Stops at a
-- page that was got over do not count against a later one.
create or replace function app.revive_run(p_place public.sync_cursors)
returns uuid language plpgsql set search_path = '' as $$
declare
  run public.sync_runs;
  why constant text := 'the Worker stopped 12 times at one page';
begin
  select * into run from public.sync_runs r
  where r.run_id = p_place.run_id and app.is_left_behind(r,
    (select c.lease_until from public.sync_cursors c where c.run_id = r.run_id))
  for update skip locked;
  if not found then return null; end if;
  run.stops := case when run.stops_page = run.pages then run.stops else 0 end
    + case when run.state = 'running' then 1 else 0 end;
  if run.stops >= 12 then
    update public.sync_runs r set error_kind = 'ours', error_message = why where r.run_id = run.run_id;
    perform app.end_run(run.run_id, 'failed');
    perform app.record_our_failure(run, why);
    return null;
  end if;
  update public.sync_runs r
  set state = 'queued', retry_at = null, stops = run.stops, stops_page = run.pages
  where r.run_id = run.run_id;
  return run.run_id;
end
$$;
