-- What a second reading of a mail's bytes must not undo.

-- Where a received mail belongs is settled when it comes: later its token may be of a key that was changed
-- since, or the mail that it answers may be gone.
create function app.keep_thread_of_mail() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.thread_id := old.thread_id;
  return new;
end
$$;
create trigger a_keep_thread before update on public.email_messages
  for each row when (old.direction = 'received' and new.thread_id is distinct from old.thread_id)
  execute function app.keep_thread_of_mail();

-- A thread has moved on since what began it.
create function app.keep_thread_ahead() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.last_message_at := old.last_message_at;
  new.last_direction := old.last_direction;
  new.state := old.state;
  return new;
end
$$;
create trigger a_keep_ahead before update on public.email_threads
  for each row when (new.last_message_at < old.last_message_at)
  execute function app.keep_thread_ahead();

do $$
declare
  name text;
begin
  foreach name in array array['keep_thread_of_mail', 'keep_thread_ahead'] loop
    execute format('revoke all on function app.%I() from public, anon, authenticated', name);
    execute format('grant execute on function app.%I() to service_role', name);
  end loop;
end
$$;
