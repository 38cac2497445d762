-- What a few minutes of somebody else's trouble must not cost.

-- However a run came to fail. A provider that was away at the hour of a daily or weekly sync is asked again an
-- hour later, not a day or a week. And where a run got no further than the one before it, the cursor says so:
-- the next run takes the newest pages first, so that one page that cannot be had does not keep all later ones
-- away.
create function app.plan_after_failure() returns trigger
language plpgsql set search_path = '' as $$
begin
  update public.sync_cursors c
  set next_due_at = case when new.error_kind = 'provider'
      then least(c.next_due_at, clock_timestamp() + interval '1 hour') else c.next_due_at end,
    cursor = case when new.pages = 0 then c.cursor || '{"stuck": true}' else c.cursor end
  where c.client_id = new.client_id and c.service = new.service
    and c.stream = new.stream and c.partition = new.partition;
  return null;
end
$$;
create trigger c_plan_after_failure after update of state on public.sync_runs
  for each row when (new.state = 'failed' and old.state <> 'failed')
  execute function app.plan_after_failure();
revoke all on function app.plan_after_failure() from public, anon, authenticated;
grant execute on function app.plan_after_failure() to service_role;

-- A message that the queue gave up on. Work that went on without it is left alone; so is a delivery of the
-- last hours, which the tick queues again: the object store or the database may only be away, and most
-- senders do not send twice.
create or replace function public.record_dead_letter(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  message constant jsonb := p -> 'message';
  why constant text := 'the queue gave up on this job after its retries';
  run public.sync_runs;
begin
  if message ->> 'job' = 'delivery' then
    update public.webhook_receipts r set state = 'failed', error = why
    where r.client_id = (message ->> 'client_id')::uuid and r.service = message ->> 'service'
      and r.delivery_key = message ->> 'delivery_key' and r.state = 'received'
      and r.received_at < now() - interval '6 hours';
    return jsonb_build_object('recorded', found);
  end if;
  select * into run from public.sync_runs r
  where r.run_id = (message ->> 'run_id')::uuid and r.state in ('queued', 'running', 'waiting')
    and not exists (select from public.sync_cursors c
      where c.run_id = r.run_id and c.lease_until > clock_timestamp())
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
  '{"message":{a queue message}} -> {"recorded":bool}: its run, or its receipt of more than 6 hours ago, failed, kind ours; false when it is finished, being worked on or to be tried again.';
