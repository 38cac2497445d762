-- A delivery that was not taken stays on the card although others arrive: until it is read again, or for three days.

create index webhook_receipts_not_taken on public.webhook_receipts (client_id, service, received_at)
  where state in ('unreadable', 'failed') or (state = 'applied' and error is not null);

create or replace function app.tell_of_delivery() returns trigger
language plpgsql set search_path = '' as $$
declare
  lost record;
begin
  select count(*) over () as number, r.state, r.error, r.error_kind into lost
  from public.webhook_receipts r
  where r.client_id = new.client_id and r.service = new.service
    and (r.state in ('unreadable', 'failed') or (r.state = 'applied' and r.error is not null))
    and r.received_at > clock_timestamp() - interval '3 days'
  order by r.updated_at desc limit 1;
  if not found then
    update public.service_facts f
    set failure_kind = null, failure_message = null, failed_at = null, failures = 0, failure_final = false
    where f.client_id = new.client_id and f.service = new.service and f.stream = 'webhook'
      and f.failure_kind is not null;
    return null;
  end if;
  perform app.merge_facts(new.client_id, new.service, 'webhook', '', '{}');
  update public.service_facts f
  set failure_kind = case when lost.state = 'failed' then coalesce(lost.error_kind, 'ours') else 'data' end,
    failure_message = case when lost.number = 1 then ''
      else lost.number || ' deliveries could not be taken, the last one: ' end
      || coalesce(lost.error, 'a delivery could not be read'),
    failed_at = case when new.state in ('unreadable', 'failed') or new.error is not null or f.failed_at is null
      then clock_timestamp() else f.failed_at end,
    failures = lost.number, failure_final = true
  where f.client_id = new.client_id and f.service = new.service and f.stream = 'webhook';
  return null;
end
$$;
drop trigger c_tell_of_outcome on public.webhook_receipts;
create trigger c_tell_of_outcome after update of state, error on public.webhook_receipts
  for each row when ((new.state <> old.state or new.error is distinct from old.error)
    and new.state in ('unreadable', 'failed', 'applied', 'ignored'))
  execute function app.tell_of_delivery();

-- The receipt of one that was read in part says so by itself.
select app.exchange_text('app.apply_delivery', 'if p ->> ''lost_rows'' is not null then
    perform app.merge_facts(receipt.client_id, receipt.service, ''webhook'', '''', jsonb_build_object(
      ''failure_kind'', ''data'', ''failure_message'', p ->> ''lost_rows'', ''failed_at'', clock_timestamp(),
      ''failures'', 1, ''failure_final'', true));
  end if;', '');

create or replace function public.record_lost_delivery(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  client constant uuid := (select w.client_id from public.workspaces w where w.slug = p ->> 'workspace');
begin
  if client is null then return '{"unknown_workspace": true}'; end if;
  insert into public.webhook_receipts (client_id, service, delivery_key, state, error, error_kind)
  values (client, p ->> 'service', coalesce(p ->> 'delivery_key', 'lost:' || gen_random_uuid()), 'failed',
    p ->> 'error', 'data')
  on conflict do nothing;
  return jsonb_build_object('recorded', found);
end
$$;
comment on function public.record_lost_delivery is
  '{"workspace":slug,"service","error","delivery_key"?} -> {"recorded":bool} or {"unknown_workspace":true}: a receipt without bytes that has failed, kind data; false: this delivery is known. Sent again, it is received.';
select app.exchange_text('public.record_receipt', 'set state = ''received'', error = null',
  'set state = ''received'', error = null, object_key = p ->> ''object_key''');
comment on function app.tell_of_delivery is
  'The webhook has failed while one of its deliveries of the last three days is unreadable, failed or read in part: told is the last of them, and how many there are.';

-- What failed as a delivery and was read of the provider's list is settled, and was not missed: it came.
select app.exchange_text('app.record_missed', 'return missed;', 'update public.webhook_receipts r
  set state = ''applied'', error = null, object_key = e ->> ''object_key''
  from jsonb_array_elements(p_deliveries) e
  where r.client_id = p_client and r.service = p_service and r.delivery_key = e ->> ''key''
    and r.state = ''failed'';
  return missed;');

-- Where the webhook's key is set and no event ever came, its first day is the one after the key's.
create function app.awaits_email_since(p_client uuid) returns date
language sql stable set search_path = '' as $$
  select (min(h.recorded_at) at time zone 'UTC')::date from public.facts_history h
  join public.service_facts f using (client_id, service, stream, partition)
  where h.client_id = p_client and h.service = 'sendgrid' and h.stream = ''
    and 'sendgrid.webhook_public_key' = any (f.present_keys)
    and h.facts -> 'present_keys' ? 'sendgrid.webhook_public_key'
    and not exists (select from public.email_events e where e.client_id = p_client)
$$;
revoke all on function app.awaits_email_since(uuid) from public, anon, authenticated;
grant execute on function app.awaits_email_since(uuid) to service_role;
select app.exchange_text('app.email_missed', '(select (min(e.occurred_at) at time zone ''UTC'')::date from public.email_events e
      where e.client_id = p_client and e.event = k.event) as day',
  'coalesce((select (min(e.occurred_at) at time zone ''UTC'')::date from public.email_events e
      where e.client_id = p_client and e.event = k.event),
      case when k.kind = ''delivered'' then app.awaits_email_since(p_client) end) as day');
select app.exchange_text('app.reconcile_email', 'where exists (select from public.email_events e where e.client_id = t.client_id)',
  'where exists (select from public.email_events e where e.client_id = t.client_id)
      or app.awaits_email_since(t.client_id) is not null');
