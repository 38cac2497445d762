-- Workspaces, their members, and the one rule of access everything else uses:
-- a member reads the rows of their own workspaces, the service role writes.

-- Not exposed by the REST API: helpers of policies and functions.
create schema if not exists app;
grant usage on schema app to anon, authenticated, service_role;

create table public.workspaces (
  client_id uuid primary key default gen_random_uuid(),
  -- part of webhook URLs and, upper-cased with "_", of the WORKSPACE_<SLUG> variable
  slug text not null unique check (slug ~ '^[a-z0-9-]{1,63}$'),
  name text not null check (name <> ''),
  -- an unknown zone is refused here, so that it cannot stop the due selection
  time_zone text not null check ((timestamptz '2000-01-01 00:00Z' at time zone time_zone) is not null),
  sync_hour smallint not null default 5 check (sync_hour between 0 and 23),
  configuration_problem text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.workspaces is
  'One client of the agency. sync_hour: local hour of the daily sync. configuration_problem: what is wrong with the WORKSPACE_<SLUG> variable, null when it is readable.';

create table public.workspace_members (
  client_id uuid not null references public.workspaces (client_id),
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null check (role in ('viewer', 'manager', 'agency')),
  created_at timestamptz not null default now(),
  primary key (client_id, user_id)
);
create index workspace_members_user on public.workspace_members (user_id);
comment on table public.workspace_members is
  'Who may read which workspace. An agency user has one row per workspace.';

-- Security definer: a policy of workspace_members that read workspace_members
-- itself would never end.
create function app.my_workspaces(p_roles text[] default array['viewer', 'manager', 'agency'])
returns setof uuid language sql stable security definer set search_path = '' as $$
  select m.client_id from public.workspace_members m
  where m.user_id = (select auth.uid()) and m.role = any (p_roles)
$$;
comment on function app.my_workspaces is
  'client_ids where the signed-in user has one of the roles; empty when nobody is signed in.';
revoke all on function app.my_workspaces from public;
grant execute on function app.my_workspaces to authenticated, service_role;

-- Every table of the product gets exactly this, so a new one cannot forget a part.
-- anon has no policy at all. The service role also bypasses RLS; its policy states it.
create function app.protect_table(p_table regclass)
returns void language plpgsql set search_path = '' as $$
begin
  execute format('alter table %s enable row level security', p_table);
  execute format('alter table %s force row level security', p_table);
  execute format('revoke all on %s from public, anon, authenticated', p_table);
  execute format('grant select on %s to authenticated', p_table);
  execute format('grant select, insert, update, delete on %s to service_role', p_table);
  execute format('create policy members_read on %s for select to authenticated
    using (client_id in (select app.my_workspaces()))', p_table);
  execute format('create policy service_writes on %s for all to service_role
    using (true) with check (true)', p_table);
end
$$;
comment on function app.protect_table is
  'Row level security, enabled and forced: members of client_id select, the service role writes, nobody else does anything.';
revoke all on function app.protect_table from public;

select app.protect_table('public.workspaces');
select app.protect_table('public.workspace_members');
-- A member sees only their own membership, an agency user all of the workspace's.
alter policy members_read on public.workspace_members
  using (user_id = (select auth.uid()) or client_id in (select app.my_workspaces(array['agency'])));
-- What app.my_workspaces reads as, should the owner not bypass row level security.
create policy owner_reads on public.workspace_members for select to current_user using (true);

-- clock_timestamp, not now(): readers catch up by updated_at, and the time at which
-- a long transaction began may be older than what they have already seen.
create function app.touch() returns trigger language plpgsql set search_path = '' as $$
begin
  new.updated_at := clock_timestamp();
  return new;
end
$$;
revoke all on function app.touch from public;

-- Triggers of one event run in the order of their names: an update that changes
-- nothing is dropped before it can be given a new updated_at.
create trigger a_skip_unchanged before update on public.workspaces
  for each row execute function suppress_redundant_updates_trigger();
create trigger b_touch before update on public.workspaces
  for each row execute function app.touch();
