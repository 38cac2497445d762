-- "Something changed": one private topic per workspace, `workspace:<client_id>`. A
-- message names the table and, if it is only one, the service; the reader reads again, and
-- all of it when rows went away. At most one message per statement and workspace.

-- Security definer: the writer needs no right in schema realtime.
create function app.broadcast_change(p_client uuid, p_table text, p_service text,
  p_operation text)
returns void language plpgsql security definer set search_path = '' as $$
begin
  perform realtime.send(jsonb_build_object('table', p_table, 'service', p_service)
    || case when p_operation = 'DELETE' then '{"removed": true}' else '{}' end::jsonb, 'changed', 'workspace:' || p_client, true);
end
$$;
revoke all on function app.broadcast_change from public;
grant execute on function app.broadcast_change to service_role;

create function app.broadcast_facts() returns trigger language plpgsql set search_path = '' as $$
begin
  perform app.broadcast_change(c.client_id, tg_table_name,
    case when count(distinct c.service) = 1 then min(c.service) end, tg_op)
  from changed c group by c.client_id;
  return null;
end
$$;
create trigger broadcast_insert after insert on public.service_facts
  referencing new table as changed for each statement execute function app.broadcast_facts();
create trigger broadcast_update after update on public.service_facts
  referencing new table as changed for each statement execute function app.broadcast_facts();
create trigger broadcast_delete after delete on public.service_facts
  referencing old table as changed for each statement execute function app.broadcast_facts();
create trigger broadcast_insert after insert on public.sync_runs
  referencing new table as changed for each statement execute function app.broadcast_facts();

-- The pages of a run are told by its facts: a run itself only by its state.
create function app.broadcast_run_states() returns trigger language plpgsql set search_path = '' as $$
begin
  perform app.broadcast_change(c.client_id, tg_table_name,
    case when count(distinct c.service) = 1 then min(c.service) end, tg_op)
  from changed c join before b using (run_id)
  where c.state <> b.state group by c.client_id;
  return null;
end
$$;
create trigger broadcast_update after update on public.sync_runs
  referencing old table as before new table as changed
  for each statement execute function app.broadcast_run_states();

create function app.broadcast_workspaces() returns trigger language plpgsql set search_path = '' as $$
begin
  perform app.broadcast_change(c.client_id, tg_table_name, null, tg_op) from changed c;
  return null;
end
$$;
create trigger broadcast_insert after insert on public.workspaces
  referencing new table as changed for each statement execute function app.broadcast_workspaces();
create trigger broadcast_update after update on public.workspaces
  referencing new table as changed for each statement execute function app.broadcast_workspaces();

-- Members may listen; nobody but the database may speak (no insert policy).
create policy members_listen on realtime.messages for select to authenticated
  using (extension = 'broadcast' and topic in
    (select 'workspace:' || client_id from app.my_workspaces() client_id));
