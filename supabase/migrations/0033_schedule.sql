-- When to ask again, so that the rhythm of the tick neither skips a turn nor a failure costs one.

-- An interval is asked for by ticks, which come a little earlier or later than the one before: what is due
-- on the dot would wait for the tick after the next. So it is due a minute before.
create or replace function app.next_due(p_cadence text, p_every_secs int, p_zone text, p_hour int,
  p_after timestamptz)
returns timestamptz language plpgsql stable set search_path = '' as $$
declare
  earliest constant timestamptz := p_after + case when p_cadence = 'weekly'
    then interval '6 days' else interval '0' end;
  local timestamp := date_trunc('day', earliest at time zone p_zone)
    + make_interval(hours => p_hour);
begin
  if p_cadence = 'interval' then
    return p_after + make_interval(secs => greatest(p_every_secs - 60, p_every_secs / 2));
  end if;
  if local at time zone p_zone <= earliest then
    local := local + interval '1 day';
  end if;
  return local at time zone p_zone;
end
$$;

-- A provider's limit passes like its absence does. And neither a limit nor a key that is refused says
-- anything against the page that the run was at: the next one goes on there.
create or replace function app.plan_after_failure() returns trigger
language plpgsql set search_path = '' as $$
begin
  update public.sync_cursors c
  set next_due_at = case when new.error_kind in ('provider', 'rate_limit')
      then least(c.next_due_at, clock_timestamp() + interval '1 hour') else c.next_due_at end,
    cursor = case when new.pages = 0 and new.error_kind not in ('rate_limit', 'credentials', 'configuration')
      then c.cursor || '{"stuck": true}' else c.cursor end
  where c.client_id = new.client_id and c.service = new.service
    and c.stream = new.stream and c.partition = new.partition;
  return null;
end
$$;
