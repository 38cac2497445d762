-- Detection touches, and locks, only what changed: "on conflict do update" locks a row even where its
-- condition says no, and would stand behind every page that is being written.

create or replace function app.schedule_streams(p_client uuid, p_detected jsonb)
returns void language plpgsql set search_path = '' as $$
declare
  schedules constant jsonb := coalesce(nullif(p_detected -> 'schedules', 'null'), '[]');
  named constant text := p_detected ->> 'service';
begin
  if p_detected -> 'missing' = '[]' then
    perform app.remove_schedule(c) from public.sync_cursors c
    where c.client_id = p_client and c.service = named
      and not exists (select from jsonb_array_elements(schedules) e
        where e ->> 'stream' = c.stream and coalesce(e ->> 'partition', '') = c.partition);
  end if;
  update public.sync_cursors c set cadence = e ->> 'cadence', every_secs = (e ->> 'every_secs')::int,
    next_due_at = coalesce(c.next_due_at, now())
  from jsonb_array_elements(schedules) e
  where c.client_id = p_client and c.service = named
    and c.stream = e ->> 'stream' and c.partition = coalesce(e ->> 'partition', '')
    and ((c.cadence, c.every_secs) is distinct from (e ->> 'cadence', (e ->> 'every_secs')::int)
      or c.next_due_at is null);
  insert into public.sync_cursors
    (client_id, service, stream, partition, cadence, every_secs, next_due_at)
  select p_client, named, e ->> 'stream', coalesce(e ->> 'partition', ''),
    e ->> 'cadence', (e ->> 'every_secs')::int, now()
  from jsonb_array_elements(schedules) e order by 3, 4
  on conflict do nothing;
  -- Without a row, a new partition would hide behind the others until its first run.
  insert into public.service_facts (client_id, service, stream, partition, detected_at)
  select p_client, named, e ->> 'stream', coalesce(e ->> 'partition', ''), now()
  from jsonb_array_elements(schedules) e order by 3, 4
  on conflict do nothing;
end
$$;

create or replace function app.detect_service(p_client uuid, p_detected jsonb)
returns void language plpgsql set search_path = '' as $$
declare
  present constant text[] := array(
    select jsonb_array_elements_text(p_detected -> 'present') order by 1);
  missing constant text[] := array(
    select jsonb_array_elements_text(p_detected -> 'missing') order by 1);
begin
  update public.service_facts f set present_keys = present, missing_keys = missing,
    detection_problem = null, detected_at = now()
  where f.client_id = p_client and f.service = p_detected ->> 'service'
    and f.stream = '' and f.partition = ''
    and ((f.present_keys, f.missing_keys) is distinct from (present, missing)
      or f.detection_problem is not null or f.detected_at is null);
  insert into public.service_facts (client_id, service, stream, present_keys, missing_keys, detected_at)
  values (p_client, p_detected ->> 'service', '', present, missing, now())
  on conflict do nothing;
  perform app.schedule_streams(p_client, p_detected);
end
$$;
