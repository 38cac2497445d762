-- A Worker that died while it sent leaves its message queued; app.settle_actions says when nobody will end
-- it any more. Its events may still tell. source_at stays: whatever the Worker itself still stores is newer.
create function app.settle_sent_message()
returns trigger language plpgsql set search_path = '' as $$
begin
  update public.email_messages m
  set state = 'unknown', failure_message = 'sendgrid: the Worker stopped before the outcome was stored'
  where m.client_id = new.client_id and m.id = new.id::text and m.direction = 'sent' and m.state = 'queued';
  return null;
end
$$;
create trigger c_settle_sent_message after update of state on public.action_requests
  for each row when (new.service = 'sendgrid' and new.state = 'unknown')
  execute function app.settle_sent_message();

revoke all on function app.settle_sent_message() from public, anon, authenticated;
grant execute on function app.settle_sent_message() to service_role;
