-- What people and providers can ask too much of.

-- A sync by hand asks with the agency's keys, whose limits all workspaces share. What has just succeeded by hand rests
-- for five minutes; what failed since may be tried again at once, when somebody has mended it.
create function app.rests_until(p_place public.sync_cursors) returns timestamptz
language sql stable set search_path = '' as $$
  select max(r.finished_at) filter (where r.state = 'succeeded' and r.cause = 'manual') + interval '5 minutes'
  from public.sync_runs r
  where r.client_id = p_place.client_id and r.service = p_place.service
    and r.stream = p_place.stream and r.partition = p_place.partition
    and r.updated_at > now() - interval '5 minutes'
  having max(r.finished_at) filter (where r.state = 'succeeded' and r.cause = 'manual')
    > greatest(now() - interval '5 minutes', max(r.finished_at) filter (where r.state = 'failed'))
$$;
revoke all on function app.rests_until from public, anon, authenticated;
grant execute on function app.rests_until to service_role;
select app.exchange_text('public.start_run', '  started uuid[] :=', '  rested_at timestamptz;
  started uuid[] :=');
select app.exchange_text('public.start_run', '
  foreach place in array places loop', '
  rested_at := (select max(app.rests_until(c)) from unnest(places) c);
  places := array(select c from unnest(places) c where app.rests_until(c) is null order by c.stream, c.partition);
  if cardinality(places) = 0 then
    return jsonb_build_object(''jobs'', ''[]''::jsonb, ''why'', ''just_synced'',
      ''again_in_secs'', ceil(extract(epoch from rested_at - now())));
  end if;
  foreach place in array places loop');
comment on function public.start_run is
  '{"client_id","service","stream"?,"partition"?,"cause":"manual","limit"?}: a run now, of all streams and partitions or of those named, but those that succeeded by hand in the last five minutes, of no more than limit; the rest is due with the next tick -> {"jobs":[as of claim_due]}, {"busy":true} while one of them has an unfinished run, or {"jobs":[],"why"}: "not_set_up", "disabled", "unreadable" (the workspace''s settings), "missing" (with "missing": names of keys), "no_part" (no such partition) or "just_synced" (with "again_in_secs": when all of it may be asked for again).';

-- A provider's text may be as long as it likes; the facts beside it have 500 bytes of it.
select app.exchange_text('public.fail_run', 'error_message = p ->> ''message''', 'error_message = left(p ->> ''message'', 500)');

-- Totals that no account has must not stop the sync that brings them: seven days of four kinds are an int.
select app.exchange_text('app.email_missed', 'select s.day, v.kind, v.total from',
  'select s.day, v.kind, case when v.total > 50000000 then 50000000 else v.total end as total from');
