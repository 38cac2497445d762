-- A delivery that could not be read, or was given up, is a failure of the webhook until one is applied: its
-- sender had the answer that all is well and does not send it again.
create function app.tell_of_delivery() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.state = 'applied' then
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
create trigger c_tell_of_new after insert on public.webhook_receipts
  for each row when (new.state in ('unreadable', 'failed'))
  execute function app.tell_of_delivery();
create trigger c_tell_of_outcome after update of state on public.webhook_receipts
  for each row when (new.state <> old.state and new.state in ('unreadable', 'failed', 'applied'))
  execute function app.tell_of_delivery();

revoke all on function app.tell_of_delivery() from public, anon, authenticated;
grant execute on function app.tell_of_delivery() to service_role;
