-- A client whose requests still come in can be removed.

-- Whoever writes a row of a client holds its workspace: once that is locked nothing more comes. They hold other rows
-- before it, so whoever waits for one of those gives way, and begins anew.
create or replace function app.remove_workspace(p_slug text) returns jsonb
language plpgsql volatile set search_path = '' set lock_timeout = '500ms' as $$
declare
  client constant uuid := (select w.client_id from public.workspaces w where w.slug = p_slug);
  name text;
  removed bigint;
  counts jsonb;
begin
  if client is null then raise exception 'there is no workspace %', p_slug; end if;
  perform set_config('app.removed', client::text, true);
  while counts is null loop
    begin
      perform pg_advisory_xact_lock(hashtext('app.tick'));
      perform from public.workspaces w where w.client_id = client for update;
      counts := '{}';
      -- What goes first may still be recorded in the history, and everything refers to the workspace.
      for name in select c.relname from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'client_id'
        order by c.relname = 'workspaces', c.relname = 'facts_history', c.relname = 'service_facts',
          c.relname = 'sync_runs', c.relname
      loop
        execute format('delete from public.%I where client_id = $1', name) using client;
        get diagnostics removed = row_count;
        counts := counts || jsonb_build_object(name, removed);
      end loop;
    exception when lock_not_available or deadlock_detected then
      counts := null;
    end;
  end loop;
  perform set_config('app.removed', '', true);
  return jsonb_build_object('client_id', client, 'removed', counts);
end
$$;
