-- What a card tells must be of the part that it is about, and of now.

-- A service with two proofs (SendGrid: signed events, a password for mail) may have one that is wrong: a good
-- delivery of the other kind says nothing about it.
alter table public.service_facts add refused jsonb not null default '{}', add refused_key text;
comment on table public.service_facts is
  'What was configured, attempted and received, one row per workspace, service, stream and partition. Key columns hold names, never values. failures: in a row. usual_rows_min: learned, null until known. run_rows: rows so far of the running run. refused: {name of a key: deliveries in a row that its check refused}, above 10 counted once a minute; bad_signatures and refused_key: the most of them, and whose.';

create function app.most_refused() returns trigger language plpgsql set search_path = '' as $$
begin
  select r.value::int, r.key into new.bad_signatures, new.refused_key
  from jsonb_each_text(new.refused) r order by r.value::int desc, r.key limit 1;
  new.bad_signatures := coalesce(new.bad_signatures, 0);
  return new;
end
$$;
revoke all on function app.most_refused() from public, anon, authenticated;
create trigger a_most_refused before update of refused on public.service_facts
  for each row execute function app.most_refused();
update public.service_facts set bad_signatures = 0 where bad_signatures <> 0;

select app.exchange_text('public.record_bad_signature',
  'set bad_signatures = f.bad_signatures + 1, last_bad_signature_at = clock_timestamp()',
  'set refused = f.refused || jsonb_build_object(proof, coalesce((f.refused ->> proof)::int, 0) + 1),
    last_bad_signature_at = clock_timestamp()');
select app.exchange_text('public.record_bad_signature', 'f.bad_signatures < 10 or',
  'coalesce((f.refused ->> proof)::int, 0) < 10 or');
select app.exchange_text('public.record_bad_signature', 'p ->> ''workspace'');
begin', 'p ->> ''workspace'');
  proof constant text := coalesce(p ->> ''key'', '''');
begin');
comment on function public.record_bad_signature is
  '{"workspace":slug,"service","key": name of the one whose check refused it} -> {"recorded":true} or {"unknown_workspace":true}.';
select app.exchange_text('public.record_receipt', 'set bad_signatures = 0',
  'set refused = f.refused - coalesce(p ->> ''key'', '''')');
select app.exchange_text('public.record_receipt', 'and f.bad_signatures <> 0',
  'and f.refused ? coalesce(p ->> ''key'', '''')');
comment on function public.record_receipt is
  '{"workspace":slug,"service","delivery_key","object_key","event_type","readable","key": name of the one that proved it} -> {"new","state": before this call, of a new one after it,"client_id"} or {"unknown_workspace":true}. Of many at once exactly one is new. A failed one is received again. A good delivery ends the row of those that the same key refused.';
select app.exchange_text('app.record_facts', 'then array[''bad_signatures'', ''last_bad_signature_at'']',
  'then array[''bad_signatures'', ''refused'', ''last_bad_signature_at'']');

-- A lost delivery is told for three days also where no other follows it: each tick looks.
create index service_facts_of_lost on public.service_facts (client_id, service)
  where stream = 'webhook' and failure_kind is not null;
create function app.forget_lost_deliveries() returns void
language sql volatile set search_path = '' as $$
  update public.service_facts f
  set failure_kind = null, failure_message = null, failed_at = null, failures = 0, failure_final = false
  where f.stream = 'webhook' and f.failure_kind is not null
    and not exists (select from public.webhook_receipts r
      where r.client_id = f.client_id and r.service = f.service
        and (r.state in ('unreadable', 'failed') or (r.state = 'applied' and r.error is not null))
        and r.received_at > clock_timestamp() - interval '3 days')
$$;
revoke all on function app.forget_lost_deliveries() from public, anon, authenticated;
grant execute on function app.forget_lost_deliveries() to service_role;
select app.exchange_text('public.claim_due', 'perform app.settle_actions();',
  'perform app.settle_actions();
  perform app.forget_lost_deliveries();');

-- The state that was in force 90 days ago may be older than that: kept is the last one before them.
create index facts_history_by_age on public.facts_history (recorded_at);
select app.exchange_text('app.prune', 'using (select o.id, o.recorded_at from public.facts_history o order by o.id limit p_most) old
  where h.id = old.id and old.recorded_at < now() - interval ''91 days'';',
  'using (select o.id from public.facts_history o
    where o.recorded_at < now() - interval ''91 days'' and exists (select from public.facts_history n
      where (n.client_id, n.service, n.stream, n.partition) = (o.client_id, o.service, o.stream, o.partition)
        and n.recorded_at < now() - interval ''91 days'' and (n.recorded_at, n.id) > (o.recorded_at, o.id))
    order by o.recorded_at limit p_most) old
  where h.id = old.id;');
comment on table public.facts_history is
  'Each state that a service_facts row had in the last 90 days, append-only: "what did this card show last Tuesday at 9:00". What only says that a run goes on is not recorded. facts {}: the row was removed. Of older ones the last is kept: it was still in force.';

-- A row that was read again and found the same was not written: it counts once.
select app.exchange_text('app.upsert_rows', 'execute format(''insert into %1$s as s (%2$s)',
  'execute format(''with done as (insert into %1$s as s (%2$s)');
select app.exchange_text('app.upsert_rows', 'and s.source_at = excluded.source_at and %6$s'',',
  'and s.source_at = excluded.source_at and %6$s
    returning s.updated_at)
    select count(*) from done where updated_at >= $4'',');
select app.exchange_text('app.upsert_rows', '    using p_rows, p_client, refetched;
  get diagnostics written = row_count;', '    using p_rows, p_client, refetched, begun into written;');
select app.exchange_text('app.upsert_rows', '  written bigint;', '  begun constant timestamptz := clock_timestamp();
  written bigint;');
comment on function app.upsert_rows is
  'rows: [{column: value, ..., "source_at"}], whole states; client_id and updated_at are filled in. Returns {"written": new or changed, "refused": older than stored, "ties": [{"table","id"}]} (refetched tables only). Raises 22023 (table not allowed), 42703 (unknown column), 23502/23514 (constraint).';

-- SendGrid's button "Test your integration" posts samples of every kind of event, chosen or not, in their own
-- time. A kind that has not come for a month while others did is not chosen any more.
select app.exchange_text('app.email_missed', 'where e.client_id = p_client and e.event = k.event),',
  'where e.client_id = p_client and e.event = k.event and e.email <> ''example@test.com''),');
select app.exchange_text('app.email_missed', 'from kinds k),', 'from kinds k
    where exists (select from public.email_events e where e.client_id = p_client and e.event = k.event
        and e.occurred_at > now() - interval ''30 days'')
      or not exists (select from public.email_events e where e.client_id = p_client
        and e.occurred_at > now() - interval ''30 days'')),');

-- The first reconciliation is the one before which none was told: the cursor's "covered_until" is set with the last
-- page that is listed, and objects may still be fetched after it.
select app.exchange_text('app.apply_run_page', 'case when place.cursor ->> ''covered_until'' is null then 0 else untold end',
  'case when (select f.reconciled_at from public.service_facts f where f.client_id = run.client_id
      and f.service = run.service and f.stream = run.stream and f.partition = run.partition) is null
    then 0 else untold end');

-- Before a Worker is deployed: whether the database is as new as it. The records are the Supabase CLI's.
create function public.newest_migration() returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  if to_regclass('supabase_migrations.schema_migrations') is null then return null; end if;
  return (select max(m.version) from supabase_migrations.schema_migrations m);
end
$$;
revoke all on function public.newest_migration() from public, anon, authenticated;
grant execute on function public.newest_migration() to service_role;
comment on function public.newest_migration is 'The number of the newest migration that was applied, "0048"; null: nobody has kept a record.';
