-- What is asked again when settings were mended; posts keep their figures; a client can be removed.

-- Of all variables of the Worker, a digest (docs/abi.md, `tick`): another one means that a key or an id was changed.
alter table app.heartbeat add column settings text;

-- What was refused for its keys or settings is asked again as soon as these are others: a card is not red for a day, or
-- a week, because of a key that was replaced. Unchanged ones cannot succeed and wait for their hour.
create function app.ask_refused_again(p_settings text) returns void
language plpgsql volatile set search_path = '' as $$
begin
  update app.heartbeat h set settings = p_settings where h.settings is distinct from p_settings;
  if not found then return; end if;
  update public.sync_cursors c set next_due_at = now()
  where (c.client_id, c.service, c.stream, c.partition) in (
    select o.client_id, o.service, o.stream, o.partition from public.sync_cursors o
    join public.service_facts f using (client_id, service, stream, partition)
    where f.failure_kind in ('credentials', 'configuration') and f.failure_final and o.next_due_at > now()
    for update of o skip locked);
end
$$;
revoke all on function app.ask_refused_again from public, anon, authenticated;
grant execute on function app.ask_refused_again to service_role;

select app.exchange_text('public.claim_due', 'perform app.settle_actions();',
  'if p ->> ''settings'' is not null then perform app.ask_refused_again(p ->> ''settings''); end if;
  perform app.settle_actions();');
comment on function public.claim_due is
  '{"limit":50,"per_service":{"google_ads":4},"settings":digest of the Worker''s variables or absent} -> {"jobs":[{"job":"sync","workspace","client_id","service","stream","partition","run_id"}],"deliveries":[{"job":"delivery","workspace","client_id","service","delivery_key","object_key","received_at"}]}: schedules that are due, runs recorded and not finished, receipts not applied. At most limit of each kind and per_service jobs of a service, workspaces taking turns. With another digest than before, what failed for its keys or settings is due. Safe to call twice at once.';

-- A permission may also be given at the provider's, where nothing here changes: what is weekly is asked the next day.
select app.exchange_text('app.plan_after_failure', '"ours": 21600',
  '"ours": 21600, "credentials": 86400, "configuration": 86400');

-- Meta leaves out of a later reading what it gave before: a retired metric, a permission that is gone, a page with a
-- post of before the account was a business's. That is no figure of zero, and no reason to forget the one there is.
create function app.keep_figures() returns trigger language plpgsql set search_path = '' as $$
declare
  stamps constant text[] := array['source_at', 'updated_at'];
begin
  new.metrics := old.metrics || coalesce(new.metrics, '{}');
  -- What says the same again was not written (app.upsert_rows counts by this).
  if to_jsonb(new) - stamps = to_jsonb(old) - stamps then new.updated_at := old.updated_at; end if;
  return new;
end
$$;
revoke all on function app.keep_figures() from public, anon, authenticated;
grant execute on function app.keep_figures() to service_role;
create trigger keep_figures before update of metrics on public.meta_posts
  for each row when (old.metrics is not null) execute function app.keep_figures();

-- For the owner of the database alone, who removes a client (README.md, "Removing a client").
create function app.remove_workspace(p_slug text) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  client constant uuid := (select w.client_id from public.workspaces w where w.slug = p_slug);
  name text;
  removed bigint;
  counts jsonb := '{}';
begin
  if client is null then raise exception 'there is no workspace %', p_slug; end if;
  alter table public.facts_history disable trigger append_only_kept;
  -- What goes first may still be recorded in the history, and everything refers to the workspace.
  for name in select c.relname from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'client_id'
    order by c.relname = 'workspaces', c.relname = 'facts_history', c.relname
  loop
    execute format('delete from public.%I where client_id = $1', name) using client;
    get diagnostics removed = row_count;
    counts := counts || jsonb_build_object(name, removed);
  end loop;
  alter table public.facts_history enable trigger append_only_kept;
  return jsonb_build_object('client_id', client, 'removed', counts);
end
$$;
comment on function app.remove_workspace is
  'slug -> {"client_id","removed":{table: rows}}: every row of that workspace, and the workspace. Accounts in auth.users and objects in R2 are not touched.';
revoke all on function app.remove_workspace from public, anon, authenticated, service_role;

-- SendGrid's button "Test your integration" sends samples of every kind, chosen or not. Where nothing else came,
-- nothing came.
create view app.arrived_email_events with (security_invoker = true) as
  select * from public.email_events where email <> 'example@test.com';
grant select on app.arrived_email_events to service_role;
select app.exchange_text('app.awaits_email_since', 'public.email_events', 'app.arrived_email_events');
select app.exchange_text('app.email_missed', 'public.email_events', 'app.arrived_email_events');
select app.exchange_text('app.email_missed', ' and e.email <> ''example@test.com''', '');

-- What was refused more than a week ago is not in a row with what is refused now (judge_webhook).
select app.exchange_text('public.record_bad_signature', 'update public.service_facts f
  set refused = f.refused ||', 'update public.service_facts f set refused = ''{}''
  where f.client_id = client and f.service = p ->> ''service'' and f.stream = ''webhook''
    and f.last_bad_signature_at < now() - interval ''7 days'';
  update public.service_facts f
  set refused = f.refused ||');
