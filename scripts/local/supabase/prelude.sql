-- What a hosted Supabase project has before any migration runs, for the local stack
-- only. Run at each start, so every statement can be repeated.

do $$ begin
  if not exists (select from pg_roles where rolname = 'anon') then create role anon nologin; end if;
  if not exists (select from pg_roles where rolname = 'authenticated') then
    create role authenticated nologin;
  end if;
  if not exists (select from pg_roles where rolname = 'service_role') then
    create role service_role nologin bypassrls;
  end if;
end $$;

create extension if not exists pgcrypto;
grant usage on schema public to anon, authenticated, service_role;
grant usage on schema auth to anon, authenticated, service_role;

create schema if not exists realtime;
grant usage on schema realtime to anon, authenticated, service_role;

create table if not exists realtime.messages (
  id uuid primary key default gen_random_uuid(),
  topic text not null,
  extension text not null,
  event text,
  payload jsonb,
  private boolean not null default true,
  inserted_at timestamp not null default (now() at time zone 'utc'),
  updated_at timestamp not null default (now() at time zone 'utc')
);
create index if not exists messages_inserted_at on realtime.messages (inserted_at);
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;

-- The topic being joined; set by the server while it asks the policies.
create or replace function realtime.topic() returns text language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')
$$;

-- As hosted: a broadcast that fails must not fail the write that caused it.
create or replace function realtime.send(
  payload jsonb, event text, topic text, private boolean default true)
returns void language plpgsql set search_path = '' as $$
declare
  message_id uuid := gen_random_uuid();
begin
  if not payload ? 'id' then
    payload := payload || jsonb_build_object('id', message_id);
  end if;
  insert into realtime.messages (id, topic, extension, event, payload, private)
  values (message_id, send.topic, 'broadcast', send.event, send.payload, send.private);
exception when others then
  raise warning 'realtime.send: %', sqlerrm;
end $$;

-- Wakes the local Realtime server. NOTIFY carries at most 8000 bytes: a larger
-- message is named, not sent.
create or replace function realtime.wake() returns trigger language plpgsql set search_path = '' as $$
declare
  message constant text := jsonb_build_object('id', new.id, 'topic', new.topic,
    'event', new.event, 'payload', new.payload, 'private', new.private);
begin
  perform pg_notify('realtime_messages', case when octet_length(message) < 7900
    then message else jsonb_build_object('id', new.id)::text end);
  return null;
end $$;
create or replace trigger wake after insert on realtime.messages
  for each row when (new.extension = 'broadcast') execute function realtime.wake();

delete from realtime.messages where inserted_at < (now() at time zone 'utc') - interval '3 days';
