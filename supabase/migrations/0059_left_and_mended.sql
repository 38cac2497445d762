-- A client whose requests still come in can be removed; a key that was mended is not held against what people ask.

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

-- Of each service's own keys and ids a digest (docs/abi.md, `tick`). What people ask is not asked again by itself: what
-- was refused to keys that are others now is of another set-up, as with keys that came or went (detected_at).
alter table app.heartbeat add column service_settings jsonb not null default '{}';
create function app.note_settings(p_found jsonb) returns void
language plpgsql volatile set search_path = '' as $$
declare
  -- At the last tick they were the earlier ones; what failed since may be of these, and stays.
  beat constant app.heartbeat := (select h from app.heartbeat h);
begin
  if beat.service_settings @> p_found then return; end if;
  update public.service_facts f set detected_at = beat.ticked_at
  from (select split_part(e.key, ' ', 1) as slug, split_part(e.key, ' ', 2) as service from jsonb_each_text(p_found) e
    where beat.service_settings ->> e.key <> e.value) other
  where f.service = other.service and f.stream = ''
    and other.slug in ('', (select w.slug from public.workspaces w where w.client_id = f.client_id))
    and exists (select from public.service_facts u where u.client_id = f.client_id and u.service = f.service
      and u.stream = 'requests' and u.failure_kind in ('credentials', 'configuration')
      and u.failed_at >= f.detected_at and u.failed_at < beat.ticked_at);
  update app.heartbeat h set service_settings = (
    select jsonb_object_agg(e.key, e.value) from jsonb_each(beat.service_settings || p_found) e
    where split_part(e.key, ' ', 1) in (select '' union all select w.slug from public.workspaces w));
end
$$;
revoke all on function app.note_settings from public, anon, authenticated;
grant execute on function app.note_settings to service_role;
select app.exchange_text('public.claim_due', 'insert into app.heartbeat',
  'if p ->> ''service_settings'' is not null then perform app.note_settings(p -> ''service_settings''); end if;
  insert into app.heartbeat');
comment on function public.claim_due is
  '{"limit":50,"per_service":{"google_ads":4},"settings":digest of the Worker''s variables or absent,"service_settings":{"<slug> <service>" or " <service>":digest} or absent} -> {"jobs":[{"job":"sync","workspace","client_id","service","stream","partition","run_id"}],"deliveries":[{"job":"delivery","workspace","client_id","service","delivery_key","object_key","received_at"}]}: schedules that are due, runs recorded and not finished, receipts not applied. At most limit of each kind and per_service jobs of a service, workspaces taking turns. With another digest than before, what failed for its keys or settings is due, and what was refused to a service''s earlier keys when people asked counts no more. Safe to call twice at once.';
