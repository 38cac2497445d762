-- A receipt's state, whatever comes twice or late.

-- What failed and is sent again is remembered like a new one: its sender is told that all is well.
create or replace function public.record_receipt(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  client constant uuid := (select w.client_id from public.workspaces w where w.slug = p ->> 'workspace');
  readable constant boolean := coalesce((p ->> 'readable')::boolean, true);
  is_new boolean;
  stored public.webhook_receipts;
begin
  if client is null then return '{"unknown_workspace": true}'; end if;
  insert into public.webhook_receipts
    (client_id, service, delivery_key, object_key, event_type, state)
  values (client, p ->> 'service', p ->> 'delivery_key', p ->> 'object_key', p ->> 'event_type',
    case when readable then 'received' else 'unreadable' end)
  on conflict do nothing;
  is_new := found;
  select * into stored from public.webhook_receipts r where r.client_id = client
    and r.service = p ->> 'service' and r.delivery_key = p ->> 'delivery_key';
  update public.webhook_receipts r set state = 'received', error = null
  where r.client_id = client and r.service = stored.service and r.delivery_key = stored.delivery_key
    and r.state = 'failed' and readable;
  update public.service_facts f set bad_signatures = 0
  where f.client_id = client and f.service = p ->> 'service' and f.stream = 'webhook'
    and f.bad_signatures <> 0;
  return jsonb_build_object('new', is_new, 'state', stored.state, 'client_id', client);
end
$$;
comment on function public.record_receipt is
  '{"workspace":slug,"service","delivery_key","object_key","event_type","readable"} -> {"new","state": before this call, of a new one after it,"client_id"} or {"unknown_workspace":true}. Of many at once exactly one is new. A failed one is received again. A good delivery ends a row of bad signatures.';

-- Two messages for one delivery are normal: what one of them applied, the other cannot undo.
create or replace function public.mark_receipt(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
begin
  update public.webhook_receipts r set state = p ->> 'state', error = p ->> 'error'
  where r.client_id = (p ->> 'client_id')::uuid and r.service = p ->> 'service'
    and r.delivery_key = p ->> 'delivery_key' and (r.state <> 'applied' or p ->> 'state' = 'ignored');
  return jsonb_build_object('marked', found);
end
$$;
comment on function public.mark_receipt is
  '{"client_id","service","delivery_key","state","error"} -> {"marked":bool}; false: no such receipt, or it is applied (which only "ignored" may follow).';

-- One that a later reading finds to be of no interest is settled as well.
create or replace function app.tell_of_delivery() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.state in ('applied', 'ignored') then
    update public.service_facts f
    set failure_kind = null, failure_message = null, failed_at = null, failures = 0, failure_final = false
    where f.client_id = new.client_id and f.service = new.service and f.stream = 'webhook'
      and f.failure_kind is not null;
    return null;
  end if;
  perform app.merge_facts(new.client_id, new.service, 'webhook', '', '{}');
  update public.service_facts f
  set failure_kind = case new.state when 'unreadable' then 'data' else 'ours' end,
    failure_message = coalesce(new.error, 'a delivery could not be read'),
    failed_at = clock_timestamp(), failures = f.failures + 1, failure_final = true
  where f.client_id = new.client_id and f.service = new.service and f.stream = 'webhook';
  return null;
end
$$;
drop trigger c_tell_of_outcome on public.webhook_receipts;
create trigger c_tell_of_outcome after update of state on public.webhook_receipts
  for each row when (new.state <> old.state and new.state in ('unreadable', 'failed', 'applied', 'ignored'))
  execute function app.tell_of_delivery();

-- What the reconciliation found, summed over the pages of a scan, which more than one run may have read: the
-- cursor counts them. It stands with its own stream and with the webhook that it judges.
create or replace function app.record_reconciliation(
  p_run public.sync_runs, p_page int, p_finished boolean, p_missed int)
returns void language plpgsql set search_path = '' as $$
declare
  part record;
  before int;
  begins constant boolean := p_page = 1 and (
    select coalesce((c.cursor ->> 'restarts')::int, 0) = 0 and coalesce((c.cursor ->> 'steps')::int, 0)
      <= case when coalesce(c.cursor -> 'window', 'null') = 'null' then 0 else 1 end
    from public.sync_cursors c where c.client_id = p_run.client_id and c.service = p_run.service
      and c.stream = p_run.stream and c.partition = p_run.partition);
begin
  for part in select * from (values (p_run.stream, p_run.partition), ('webhook', '')) v (stream, partition)
  loop
    perform app.merge_facts(p_run.client_id, p_run.service, part.stream, part.partition, '{}');
    select case when begins then 0 else coalesce(f.reconciled_missed, 0) end into before
    from public.service_facts f where f.client_id = p_run.client_id and f.service = p_run.service
      and f.stream = part.stream and f.partition = part.partition for update;
    perform app.merge_facts(p_run.client_id, p_run.service, part.stream, part.partition,
      jsonb_build_object('reconciled_missed', before + p_missed) || case when p_finished
        then jsonb_build_object('reconciled_at', clock_timestamp()) else '{}' end);
  end loop;
end
$$;
