-- Receipts: what makes a delivery count once, and what remembers it until applied.

create function public.record_receipt(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  client constant uuid := (select w.client_id from public.workspaces w where w.slug = p ->> 'workspace');
  is_new boolean;
  stored public.webhook_receipts;
begin
  if client is null then return '{"unknown_workspace": true}'; end if;
  insert into public.webhook_receipts
    (client_id, service, delivery_key, object_key, event_type, state)
  values (client, p ->> 'service', p ->> 'delivery_key', p ->> 'object_key', p ->> 'event_type',
    case when coalesce((p ->> 'readable')::boolean, true) then 'received' else 'unreadable' end)
  on conflict do nothing;
  is_new := found;
  select * into stored from public.webhook_receipts r where r.client_id = client
    and r.service = p ->> 'service' and r.delivery_key = p ->> 'delivery_key';
  update public.service_facts f set bad_signatures = 0
  where f.client_id = client and f.service = p ->> 'service' and f.stream = 'webhook'
    and f.bad_signatures <> 0;
  return jsonb_build_object('new', is_new, 'state', stored.state, 'client_id', client);
end
$$;
comment on function public.record_receipt is
  '{"workspace":slug,"service","delivery_key","object_key","event_type","readable"} -> {"new","state","client_id"} or {"unknown_workspace":true}. Of many at once exactly one is new. A good delivery ends a row of bad signatures.';

-- Anybody can send a bad signature: above 10 they are counted once a minute, so that
-- they cannot fill the history.
create function public.record_bad_signature(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  client constant uuid := (select w.client_id from public.workspaces w where w.slug = p ->> 'workspace');
begin
  if client is null then return '{"unknown_workspace": true}'; end if;
  perform app.merge_facts(client, p ->> 'service', 'webhook', '', '{}');
  update public.service_facts f
  set bad_signatures = f.bad_signatures + 1, last_bad_signature_at = clock_timestamp()
  where f.client_id = client and f.service = p ->> 'service' and f.stream = 'webhook'
    and (f.bad_signatures < 10 or f.last_bad_signature_at < now() - interval '1 minute');
  return '{"recorded": true}';
end
$$;
comment on function public.record_bad_signature is
  '{"workspace":slug,"service"} -> {"recorded":true} or {"unknown_workspace":true}.';

create function public.mark_receipt(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
begin
  update public.webhook_receipts r set state = p ->> 'state', error = p ->> 'error'
  where r.client_id = (p ->> 'client_id')::uuid and r.service = p ->> 'service'
    and r.delivery_key = p ->> 'delivery_key';
  return jsonb_build_object('marked', found);
end
$$;
comment on function public.mark_receipt is
  '{"client_id","service","delivery_key","state","error"} -> {"marked":bool}; false: no such receipt.';

-- A message that the queue gave up on. Work that went on without it is left alone.
create function public.record_dead_letter(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  message constant jsonb := p -> 'message';
  why constant text := 'the queue gave up on this job after its retries';
  run public.sync_runs;
begin
  if message ->> 'job' = 'delivery' then
    update public.webhook_receipts r set state = 'failed', error = why
    where r.client_id = (message ->> 'client_id')::uuid and r.service = message ->> 'service'
      and r.delivery_key = message ->> 'delivery_key' and r.state = 'received';
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
  '{"message":{a queue message}} -> {"recorded":bool}: its run or receipt failed, kind ours; false when it is finished or being worked on.';

create function app.record_our_failure(p_run public.sync_runs, p_message text)
returns void language plpgsql set search_path = '' as $$
begin
  perform app.merge_facts(p_run.client_id, p_run.service, p_run.stream, p_run.partition, '{}');
  update public.service_facts f set failure_kind = 'ours', failure_message = p_message,
    failed_at = clock_timestamp(), failures = f.failures + 1, failure_final = true
  where f.client_id = p_run.client_id and f.service = p_run.service
    and f.stream = p_run.stream and f.partition = p_run.partition;
end
$$;
