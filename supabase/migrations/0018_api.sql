-- What the Worker's API needs: who asks, what a person asked for, and what an uptime monitor wants to know.

-- As the signed-in user: their own membership, or null for a workspace that does not exist and for one
-- that is none of theirs alike.
create function public.session_workspace(p jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('client_id', m.client_id, 'role', m.role, 'user_id', m.user_id)
  from public.workspaces w join public.workspace_members m using (client_id)
  where w.slug = p ->> 'slug' and m.user_id = (select auth.uid())
$$;
comment on function public.session_workspace is
  '{"slug"} -> {"client_id","role","user_id"} of the signed-in user, or null.';

-- Requests that somebody made: their ids, so that none is carried out twice, and the rows that say so.
create table public.action_requests (
  client_id uuid not null references public.workspaces (client_id),
  id uuid not null,
  service text not null check (service <> ''),
  action text not null check (action <> ''),
  state text not null default 'running' check (state in ('running', 'succeeded', 'failed', 'unknown')),
  requested_by uuid,
  requested_at timestamptz not null default now(),
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);
comment on table public.action_requests is
  'One request of a person through the API. unknown: the Worker or the provider went silent, so the provider may have carried it out.';
create index action_requests_running on public.action_requests (requested_at) where state = 'running';
create index action_requests_recent on public.action_requests (client_id, requested_at);
select app.protect_table('public.action_requests');
create trigger b_touch before insert or update on public.action_requests
  for each row execute function app.touch();

-- The intent: rows that are there before the provider hears anything.
create function public.begin_action(p jsonb) returns jsonb
language plpgsql set search_path = '' as $$
begin
  insert into public.action_requests (client_id, id, service, action, requested_by)
  values ((p ->> 'client_id')::uuid, (p ->> 'id')::uuid, p ->> 'service', p ->> 'action',
    (p ->> 'user_id')::uuid)
  on conflict do nothing;
  if not found then
    return jsonb_build_object('begun', false, 'state', (select r.state from public.action_requests r
      where r.client_id = (p ->> 'client_id')::uuid and r.id = (p ->> 'id')::uuid));
  end if;
  perform app.upsert_tables((p ->> 'client_id')::uuid, p -> 'tables');
  return '{"begun": true}';
end
$$;
comment on function public.begin_action is
  '{"client_id","id","service","action","user_id","tables"} -> {"begun":true}, or {"begun":false,"state"} for an id that was used before: nothing is written then.';

create function public.end_action(p jsonb) returns jsonb
language plpgsql set search_path = '' as $$
begin
  update public.action_requests r set state = p ->> 'state', finished_at = clock_timestamp()
  where r.client_id = (p ->> 'client_id')::uuid and r.id = (p ->> 'id')::uuid;
  perform app.upsert_tables((p ->> 'client_id')::uuid, p -> 'tables');
  if p ->> 'stream' is not null then
    perform app.merge_facts((p ->> 'client_id')::uuid, p ->> 'service', p ->> 'stream', '', p -> 'facts');
  end if;
  return jsonb_build_object('ended', true);
end
$$;
comment on function public.end_action is
  '{"client_id","id","service","state","tables","stream"?,"facts"?} -> {"ended":true}: the rows, the request''s state and, of a service judged by its use, its facts.';

-- A Worker that died between the two leaves a request running: after a quarter of an hour nobody will
-- end it, and whether the provider carried it out is not known.
create function app.settle_actions() returns void
language sql volatile set search_path = '' as $$
  update public.action_requests r set state = 'unknown', finished_at = clock_timestamp()
  where (r.client_id, r.id) in (select o.client_id, o.id from public.action_requests o
    where o.state = 'running' and o.requested_at < now() - interval '15 minutes'
    for update skip locked)
$$;

-- When the last tick claimed work: an uptime monitor asks whether the schedule is alive.
create table app.heartbeat (
  only_one boolean primary key default true check (only_one),
  ticked_at timestamptz not null
);
alter table app.heartbeat enable row level security;
alter table app.heartbeat force row level security;
grant select, insert, update on app.heartbeat to service_role;
create policy service_writes on app.heartbeat for all to service_role using (true) with check (true);
create policy owner_writes on app.heartbeat for all to current_user using (true) with check (true);

create or replace function public.claim_due(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  max_rows constant int := coalesce((p ->> 'limit')::int, 50);
  place public.sync_cursors;
  claimed uuid[] := '{}';
begin
  insert into app.heartbeat (ticked_at) values (clock_timestamp())
  on conflict (only_one) do update set ticked_at = excluded.ticked_at;
  perform app.settle_actions();
  for place in select * from app.choose_work(max_rows, p -> 'per_service') loop
    claimed := claimed || case when place.run_id is null
      then app.begin_run(place, 'schedule') else app.revive_run(place) end;
  end loop;
  return jsonb_build_object('jobs', app.sync_jobs(claimed),
    'deliveries', app.open_deliveries(max_rows));
end
$$;

create function public.health(p jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'ticked_secs_ago', (select extract(epoch from now() - h.ticked_at)::int from app.heartbeat h),
    'runs_left_behind', (select count(*) from public.sync_runs r left join public.sync_cursors c using (run_id)
      where r.state in ('queued', 'running', 'waiting') and app.is_left_behind(r, c.lease_until)),
    'deliveries_waiting', (select count(*) from public.webhook_receipts r where r.state = 'received'
      and r.received_at < now() - interval '2 minutes'))
$$;
comment on function public.health is
  '{} -> {"ticked_secs_ago": null before the first tick,"runs_left_behind","deliveries_waiting"}: of all workspaces together, and naming none.';

do $$
declare
  name text;
begin
  foreach name in array array['begin_action', 'end_action', 'health'] loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', name);
    execute format('grant execute on function public.%I(jsonb) to service_role', name);
  end loop;
end
$$;
revoke all on function app.settle_actions from public, anon, authenticated;
grant execute on function app.settle_actions to service_role;
revoke all on function public.session_workspace(jsonb) from public, anon;
grant execute on function public.session_workspace(jsonb) to authenticated;
