-- What was stored once as not known stayed "just ended" with each repeat of its end, and was offered with each tick.
select app.exchange_text('public.end_action', 'finished_at = clock_timestamp()',
  'finished_at = coalesce(r.finished_at, clock_timestamp())');

-- What the last page of a scan could not be told stays true while its ties are settled; all else waits for the end.
select app.exchange_text('app.apply_run_page', '  if finished or not coalesce((p ->> ''last'')::boolean, false) then
    perform app.merge_facts(run.client_id, run.service, run.stream, run.partition, p -> ''facts'');
  end if;', '  perform app.merge_facts(run.client_id, run.service, run.stream, run.partition,
    case when finished or not coalesce((p ->> ''last'')::boolean, false) then p -> ''facts''
    else (select jsonb_object_agg(key, value) from jsonb_each(nullif(p -> ''facts'', ''null''))
      where key in (''unavailable'', ''credentials_expire_at'')) end);');

-- A corrected reading may name files that nobody has kept yet.
select app.exchange_text('public.apply_replay', '  receipt public.webhook_receipts;
begin', '  receipt public.webhook_receipts;
  written bigint;
begin');
select app.exchange_text('public.apply_replay', '  return jsonb_build_object(''written'', app.replay_tables(p), ''receipt'', receipt.state);', '  written := app.replay_tables(p);
  if receipt.state = ''applied'' and p ->> ''state'' = ''received'' and written > 0 then
    update public.webhook_receipts r set state = ''received''
    where r.client_id = receipt.client_id and r.service = receipt.service
      and r.delivery_key = receipt.delivery_key returning * into receipt;
  end if;
  return jsonb_build_object(''written'', written, ''receipt'', receipt.state);');
comment on function public.apply_replay is
  'The rows of an archived object, read again: as compare_rows, and of a delivery "state" ("applied", "ignored", or "received" when objects must be asked for or kept), "lost_rows" (why rows of it are missing; null: none are) and "facts" -> {"written","receipt": its state now, null: none is known}. Replaces what an earlier reading of the same bytes gave, never what is newer. An unreadable or failed delivery becomes applied, an ignored one what "state" says, an applied one with other rows "received" where that says so; no cursor, lease, run or, otherwise, fact is touched.';

-- Six days of the local clock: six times 24 hours ended before the hour once summer time was over, a weekday earlier.
create or replace function app.next_due(
  p_cadence text, p_every_secs int, p_zone text, p_hour int, p_after timestamptz
) returns timestamptz language plpgsql stable set search_path = '' as $$
declare
  is_weekly constant boolean := p_cadence = 'weekly';
  earliest constant timestamp := (p_after at time zone p_zone)
    + case when is_weekly then interval '6 days' else interval '0' end;
  local timestamp := date_trunc('day', earliest) + make_interval(hours => p_hour);
begin
  if p_cadence = 'interval' then
    return p_after + make_interval(secs => greatest(p_every_secs - 60, p_every_secs / 2));
  end if;
  -- Where an hour comes twice, the moment tells whether a day's is over.
  if is_weekly and local <= earliest or not is_weekly and local at time zone p_zone <= p_after then
    local := local + interval '1 day';
  end if;
  return local at time zone p_zone;
end
$$;

-- What else Postgres takes (offsets, abbreviations) has no summer time or the opposite sign there, or is unknown to browsers.
-- Not a check: that would refuse any change of a workspace that has such a one already.
create function app.check_time_zone() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.time_zone <> 'UTC' and new.time_zone !~ '^[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)+$' then
    raise exception 'time zone % is not the name of a place, such as Europe/Berlin, nor UTC', new.time_zone
      using errcode = 'check_violation';
  end if;
  return new;
end
$$;
revoke all on function app.check_time_zone() from public, anon, authenticated;
grant execute on function app.check_time_zone() to service_role;
create trigger time_zone_is_a_place before insert or update of time_zone on public.workspaces
  for each row execute function app.check_time_zone();
