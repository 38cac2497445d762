-- Keys that are there are not called missing, and a sync that cannot begin says why.

-- A service that a workspace's settings name no more still has the agency's keys. One that never ran has no card, and
-- gets none by them.
select app.exchange_text('app.detect_workspace', '
  set present_keys = case when problem is null then ''{}'' else f.present_keys end,
    detection_problem = problem, detected_at = now()
  where f.client_id = client and f.stream = ''''
    and (f.detection_problem is distinct from problem or problem is null and f.present_keys <> ''{}'')', '
  set present_keys = case when problem is null then k.present else f.present_keys end,
    missing_keys = case when problem is null then k.missing else f.missing_keys end,
    detection_problem = problem, detected_at = now()
  from (select s.service, array(select jsonb_array_elements_text(e.keys -> ''present'') order by 1) as present,
      case when e.keys is null then s.missing_keys
        else array(select jsonb_array_elements_text(e.keys -> ''missing'') order by 1) end as missing
    from public.service_facts s left join jsonb_array_elements(p_found -> ''agency'') e (keys)
      on e.keys ->> ''service'' = s.service and app.has_run(client, s.service)
    where s.client_id = client and s.stream = '''') k
  where f.client_id = client and f.stream = '''' and f.service = k.service
    and (f.detection_problem is distinct from problem
      or problem is null and (f.present_keys, f.missing_keys) is distinct from (k.present, k.missing))');
select app.exchange_text('public.record_detection', 'app.detect_workspace(found_workspace)',
  'app.detect_workspace(found_workspace || jsonb_build_object(''agency'', coalesce(p -> ''agency'', ''[]'')))');
comment on function public.record_detection is
  '{"workspaces":[{"client_id","problem":null|text,"services":[{"service","present":[names],"missing":[names],"schedules":[{"stream","partition","cadence":"daily"|"weekly"|"interval","every_secs"}]}]}],"agency":[{"service","present","missing"}]}. Unlisted services of a listed workspace have the keys that agency says, if they ever ran, else none; with a problem they stay as they were, and have it. Of a listed service without missing keys, schedules that are not listed go: cursor, unfinished run and facts. Unchanged rows are not touched; unknown workspaces are skipped.';

create function app.has_run(p_client uuid, p_service text) returns boolean
language sql stable set search_path = '' as $$
  select exists (select from public.service_facts f where f.client_id = p_client and f.service = p_service
    and (f.last_attempt_at is not null or f.last_success_at is not null or f.last_event_at is not null))
$$;

-- Asked for by hand: why nothing of it can begin. One word, and the names of what is missing.
create function app.why_not_run(p jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select case
    when f.service is null then '{"why": "not_set_up"}'
    when not f.enabled then '{"why": "disabled"}'
    when f.detection_problem is not null then '{"why": "unreadable"}'
    when f.present_keys = '{}' then '{"why": "not_set_up"}'
    when f.missing_keys <> '{}' then jsonb_build_object('why', 'missing', 'missing', f.missing_keys)
    when exists (select from public.sync_cursors c where c.client_id = f.client_id and c.service = f.service
        and c.stream = coalesce(p ->> 'stream', c.stream) and c.partition = coalesce(p ->> 'partition', c.partition))
      then '{"why": "disabled"}'
    else '{"why": "no_part"}' end
  from (values (1)) one left join public.service_facts f on f.client_id = (p ->> 'client_id')::uuid
    and f.service = p ->> 'service' and f.stream = '' and f.partition = ''
$$;
select app.exchange_text('public.start_run', '
  foreach place in array places loop', '
  if cardinality(places) = 0 then return app.why_not_run(p) || ''{"jobs": []}''; end if;
  foreach place in array places loop');
comment on function public.start_run is
  '{"client_id","service","stream"?,"partition"?,"cause":"manual","limit"?}: a run now, of all streams and partitions or of those named, of no more than limit; the rest is due with the next tick -> {"jobs":[as of claim_due]}, {"busy":true} while one of them has an unfinished run, or {"jobs":[],"why"}: "not_set_up", "disabled", "unreadable" (the workspace''s settings), "missing" (with "missing": names of keys) or "no_part" (no such partition).';

comment on function public.end_action is
  '{"client_id","id","service","state","tables","stream"?,"facts"?} -> {"ended":true}: the rows, the request''s state and what its use told of the service, unless that of a later use is there. What failed for good stays until a success. An id that was never begun: the rest alone.';

do $$
declare
  name text;
begin
  foreach name in array array['app.has_run(uuid, text)', 'app.why_not_run(jsonb)'] loop
    execute format('revoke all on function %s from public, anon, authenticated', name);
    execute format('grant execute on function %s to service_role', name);
  end loop;
end
$$;
