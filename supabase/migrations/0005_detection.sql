-- Detection: which services a workspace has keys for, and the schedules that follow.

-- The streams and partitions of a detected service: a new one is due at once and has a row of
-- facts, and one that is no longer listed goes, with its facts. A service with missing keys keeps what it has,
-- so that a key that comes back goes on where it stood.
create function app.schedule_streams(p_client uuid, p_detected jsonb)
returns void language plpgsql set search_path = '' as $$
declare
  schedules constant jsonb := coalesce(nullif(p_detected -> 'schedules', 'null'), '[]');
begin
  if p_detected -> 'missing' = '[]' then
    perform app.remove_schedule(c) from public.sync_cursors c
    where c.client_id = p_client and c.service = p_detected ->> 'service'
      and not exists (select from jsonb_array_elements(schedules) e
        where e ->> 'stream' = c.stream and coalesce(e ->> 'partition', '') = c.partition);
  end if;
  insert into public.sync_cursors as stored
    (client_id, service, stream, partition, cadence, every_secs, next_due_at)
  select p_client, p_detected ->> 'service', e ->> 'stream', coalesce(e ->> 'partition', ''),
    e ->> 'cadence', (e ->> 'every_secs')::int, now()
  from jsonb_array_elements(schedules) e order by 3, 4
  on conflict on constraint sync_cursors_pkey do update set
    cadence = excluded.cadence, every_secs = excluded.every_secs,
    next_due_at = coalesce(stored.next_due_at, excluded.next_due_at)
  where (stored.cadence, stored.every_secs) is distinct from (excluded.cadence, excluded.every_secs)
    or stored.next_due_at is null;
  -- Without a row, a new partition would hide behind the others until its first run.
  insert into public.service_facts (client_id, service, stream, partition, detected_at)
  select p_client, p_detected ->> 'service', e ->> 'stream', coalesce(e ->> 'partition', ''), now()
  from jsonb_array_elements(schedules) e order by 3, 4
  on conflict do nothing;
end
$$;

-- The run is locked before its cursor, as apply_page does it. A cursor that got another run
-- meanwhile stays until the next detection.
create function app.remove_schedule(p_place public.sync_cursors)
returns void language plpgsql set search_path = '' as $$
begin
  perform from public.sync_runs r where r.run_id = p_place.run_id for update;
  delete from public.sync_cursors c where c.client_id = p_place.client_id
    and c.service = p_place.service and c.stream = p_place.stream
    and c.partition = p_place.partition and c.run_id is not distinct from p_place.run_id;
  if not found then return; end if;
  update public.sync_runs r set state = 'failed', finished_at = clock_timestamp(), retry_at = null,
    error_kind = 'configuration', error_message = 'no longer configured'
  where r.run_id = p_place.run_id;
  delete from public.service_facts f where f.client_id = p_place.client_id
    and f.service = p_place.service and f.stream = p_place.stream
    and f.partition = p_place.partition;
end
$$;

create function app.detect_service(p_client uuid, p_detected jsonb)
returns void language plpgsql set search_path = '' as $$
declare
  present constant text[] := array(
    select jsonb_array_elements_text(p_detected -> 'present') order by 1);
  missing constant text[] := array(
    select jsonb_array_elements_text(p_detected -> 'missing') order by 1);
begin
  insert into public.service_facts as stored
    (client_id, service, stream, present_keys, missing_keys, detected_at)
  values (p_client, p_detected ->> 'service', '', present, missing, now())
  on conflict (client_id, service, stream, partition) do update set
    present_keys = excluded.present_keys, missing_keys = excluded.missing_keys,
    detection_problem = null, detected_at = excluded.detected_at
  where (stored.present_keys, stored.missing_keys) is distinct from (present, missing)
    or stored.detection_problem is not null or stored.detected_at is null;
  perform app.schedule_streams(p_client, p_detected);
end
$$;

-- The whole truth of one workspace, or why nothing can be said about it.
create function app.detect_workspace(p_found jsonb)
returns void language plpgsql set search_path = '' as $$
declare
  client constant uuid := (p_found ->> 'client_id')::uuid;
  problem constant text := p_found ->> 'problem';
  detected jsonb;
begin
  update public.workspaces w set configuration_problem = problem
  where w.client_id = client and w.configuration_problem is distinct from problem;
  if problem is not null then
    update public.service_facts f set detection_problem = problem, detected_at = now()
    where f.client_id = client and f.stream = '' and f.detection_problem is distinct from problem;
    return;
  end if;
  for detected in select e from jsonb_array_elements(p_found -> 'services') e
    order by e ->> 'service'
  loop
    perform app.detect_service(client, detected);
  end loop;
  update public.service_facts f
  set present_keys = '{}', detection_problem = null, detected_at = now()
  where f.client_id = client and f.stream = ''
    and (f.present_keys <> '{}' or f.detection_problem is not null)
    and not exists (select from jsonb_array_elements(p_found -> 'services') e
      where e ->> 'service' = f.service);
end
$$;

create function public.record_detection(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  found_workspace jsonb;
begin
  for found_workspace in select e from jsonb_array_elements(p -> 'workspaces') e
    join public.workspaces w on w.client_id = (e ->> 'client_id')::uuid
    order by w.client_id
  loop
    perform app.detect_workspace(found_workspace);
  end loop;
  return '{"recorded": true}';
end
$$;
comment on function public.record_detection is
  '{"workspaces":[{"client_id","problem":null|text,"services":[{"service","present":[names],"missing":[names],"schedules":[{"stream","partition","cadence":"daily"|"weekly"|"interval","every_secs"}]}]}]}. Unlisted services of a listed workspace lose their present keys; with a problem the services stay as they were. Of a listed service without missing keys, schedules that are not listed go: cursor, unfinished run and facts. Unchanged rows are not touched; unknown workspaces are skipped.';
