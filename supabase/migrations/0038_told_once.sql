-- What a reconciliation finds is told when it has ended; our own trouble does not cost a day; who is switched
-- off is not asked; no mail asks for replies that would not be taken.

-- A page of a run. What never arrived adds up in the cursor until a run ends and tells it: a scan may take more
-- than one run, one that is stuck begins anew, and each event is counted by whoever finds it first.
create or replace function app.apply_run_page(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  run public.sync_runs;
  place public.sync_cursors;
  page constant int := (p ->> 'page')::int;
  finished boolean := coalesce((p ->> 'last')::boolean, false);
  result jsonb;
  more jsonb := '{}';
  missed int;
  untold int;
begin
  select * into run from public.sync_runs r where r.run_id = (p ->> 'run_id')::uuid for update;
  if not found then return app.not_applied('unknown'); end if;
  if page <= run.pages then return app.not_applied('repeated'); end if;
  if run.state in ('succeeded', 'failed') then return app.not_applied('finished'); end if;
  place := app.held_place(run, (p ->> 'lease')::uuid);
  if place is null then return app.not_applied('lease_lost'); end if;
  if page is distinct from run.pages + 1 then
    raise exception 'apply_page: page % after page %', page, run.pages
      using errcode = 'invalid_parameter_value';
  end if;

  result := app.upsert_tables(run.client_id, p -> 'tables');
  missed := app.record_missed(run.client_id, run.service,
    coalesce(nullif(p -> 'deliveries', 'null'), '[]'));
  finished := finished and result -> 'ties' = '[]';
  if result -> 'ties' <> '[]' then more := jsonb_build_object('ties', result -> 'ties'); end if;
  if p ? 'deliveries' then
    untold := coalesce((place.cursor ->> 'missed')::int, 0) + missed;
    more := more || jsonb_build_object('missed', case when finished then 0 else untold end);
  end if;

  update public.sync_runs r set
    pages = page, attempt = 0, error_kind = null, error_message = null,
    rows_written = r.rows_written + (result ->> 'written')::bigint
  where r.run_id = run.run_id;
  update public.sync_cursors c set
    cursor = coalesce(nullif(p -> 'cursor', 'null'), c.cursor, '{}') || more,
    lease_until = app.lease_end(p)
  where c.run_id = run.run_id;
  if finished then perform app.end_run(run.run_id, 'succeeded'); end if;
  if finished or not coalesce((p ->> 'last')::boolean, false) then
    perform app.merge_facts(run.client_id, run.service, run.stream, run.partition, p -> 'facts');
  end if;
  if finished and untold is not null then perform app.tell_reconciliation(run, untold); end if;
  return result || jsonb_build_object('applied', true, 'finished', finished, 'missed', missed);
end
$$;

-- It stands with its own stream and with the webhook that it judges.
create function app.tell_reconciliation(p_run public.sync_runs, p_missed int)
returns void language plpgsql set search_path = '' as $$
begin
  perform app.merge_facts(p_run.client_id, p_run.service, part.stream, part.partition,
    jsonb_build_object('reconciled_missed', p_missed, 'reconciled_at', clock_timestamp()))
  from (values (p_run.stream, p_run.partition), ('webhook', '')) part (stream, partition);
end
$$;
drop function app.record_reconciliation(public.sync_runs, int, boolean, int);
revoke all on function app.tell_reconciliation from public, anon, authenticated;
grant execute on function app.tell_reconciliation to service_role;

-- Ours is mostly the object store, away for minutes. Six hours, because it may also be a page that stops the
-- Worker whenever it is read (0032), which should not happen each hour.
create or replace function app.plan_after_failure() returns trigger
language plpgsql set search_path = '' as $$
declare
  least_secs constant jsonb := '{"provider": 3600, "rate_limit": 3600, "ours": 21600}';
begin
  update public.sync_cursors c
  set next_due_at = case when least_secs ? new.error_kind then least(c.next_due_at, clock_timestamp()
        + make_interval(secs => greatest((least_secs ->> new.error_kind)::int, c.every_secs / 24)))
      else c.next_due_at end,
    cursor = case when new.pages = 0 and new.error_kind not in ('rate_limit', 'credentials', 'configuration')
      then c.cursor || '{"stuck": true}' else c.cursor end
  where c.client_id = new.client_id and c.service = new.service
    and c.stream = new.stream and c.partition = new.partition;
  return null;
end
$$;

create or replace function public.begin_action(p jsonb) returns jsonb
language plpgsql set search_path = '' as $$
begin
  if exists (select from public.service_facts f where f.client_id = (p ->> 'client_id')::uuid
    and f.service = p ->> 'service' and f.stream = '' and f.partition = '' and not f.enabled)
  then
    return '{"begun": false, "state": "disabled"}';
  end if;
  insert into public.action_requests (client_id, id, service, action, requested_by)
  values ((p ->> 'client_id')::uuid, (p ->> 'id')::uuid, p ->> 'service', p ->> 'action',
    (p ->> 'user_id')::uuid)
  on conflict do nothing;
  if not found then
    return jsonb_build_object('begun', false, 'state', (select r.state from public.action_requests r
      where r.client_id = (p ->> 'client_id')::uuid and r.id = (p ->> 'id')::uuid));
  end if;
  perform app.upsert_tables((p ->> 'client_id')::uuid, p -> 'tables');
  return '{"begun": true}';
end
$$;
comment on function public.begin_action is
  '{"client_id","id","service","action","user_id","tables"} -> {"begun":true}, or {"begun":false,"state"} for an id that was used before and for a service that is switched off ("disabled"): nothing is written then.';

create or replace function public.email_context(p jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'receives', coalesce((select 'sendgrid.inbound_password' = any (f.present_keys) from public.service_facts f
      where f.client_id = (p ->> 'client_id')::uuid and f.service = 'sendgrid' and f.stream = ''), true),
    'thread', (select jsonb_build_object('id', t.id, 'subject', t.subject, 'contact_email', t.contact_email)
      from public.email_threads t
      where t.client_id = (p ->> 'client_id')::uuid and t.id = p #>> '{input,thread_id}'),
    'smtp_ids', (select coalesce(jsonb_agg(m.smtp_id order by m.sent_at, m.id), '[]')
      from (select s.smtp_id, s.sent_at, s.id from public.email_messages s
        where s.client_id = (p ->> 'client_id')::uuid and s.thread_id = p #>> '{input,thread_id}'
          and s.smtp_id is not null
        order by s.sent_at desc, s.id desc limit 10) m))
$$;
comment on function public.email_context is
  '{"client_id","input":{"thread_id"?}} -> {"receives": whether replies can come in, true where nobody has looked yet,"thread":{"id","subject","contact_email"} or null,"smtp_ids":[the last ten, the newest last]}.';
