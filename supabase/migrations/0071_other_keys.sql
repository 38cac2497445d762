-- Other keys that a provider is asked with ("<slug> <service> account") may be another account's, or the same one's real
-- mode. Of a stream without parts (a part is an account, a property, a page) only the key tells, so it is read from the
-- beginning: else the days before would be zeros where one row of them comes by an event. A run that is under way loses
-- its lease; the tick queues it again (0073). What the first reconciliation of an account finds was never a delivery of ours.
-- With another secret of the database all digests are others, and no account.
create function app.has_other_account(c public.sync_cursors, p_before jsonb, p_now jsonb) returns boolean
language sql stable set search_path = '' as $$
  select c.partition = '' and exists (select from jsonb_each_text(p_now) e
    where e.key in (' ' || c.service || ' account', (select w.slug from public.workspaces w where w.client_id = c.client_id)
        || ' ' || c.service || ' account')
      and p_before ->> e.key <> e.value)
$$;
revoke all on function app.has_other_account from public, anon, authenticated;
grant execute on function app.has_other_account to service_role;

comment on function public.claim_due is
  '{"limit":50,"per_service":{"google_ads":4},"settings":digest of the Worker''s variables or absent,"service_settings":{"<slug> <service>" or " <service>":digest, with " account" after it of the keys that are sent to the provider} or absent} -> {"jobs":[{"job":"sync","workspace","client_id","service","stream","partition","run_id"}],"deliveries":[{"job":"delivery","workspace","client_id","service","delivery_key","object_key","received_at"}],"ends":[{"job":"action_end","workspace","object_key"}]}: schedules that are due, runs recorded and not finished, receipts not applied, and where the outcome may lie of requests that nobody ended. At most limit of each of the first two kinds and per_service jobs of a service, workspaces taking turns. With another digest than before, what failed for its keys or settings is due, and what was refused to a service''s earlier keys when people asked counts no more; where only such a key tells the account, with another one all is read from the beginning. Safe to call twice at once.';

-- What a delivery brought is written also when something beside it may not be fetched; of that the receipt has failed.
select app.exchange_text('app.apply_delivery', 'set state = ''applied'', error = p ->> ''lost_rows'',', 'set
      state = case when p ? ''failure'' then ''failed'' else ''applied'' end,
      error = coalesce(p #>> ''{failure,message}'', p ->> ''lost_rows''), error_kind = p #>> ''{failure,kind}'',');
comment on function public.apply_page is
  'A page of a run: {"run_id","lease","page":1..,"tables":[{"table","rows":[{..,"source_at"}]}],"cursor","facts":{service_facts columns},"last","deliveries":[{"key","event_type","object_key"}]?,"lease_secs"}, or a webhook delivery: {"receipt":{"client_id","workspace"?: the slug whose keys were used,"service","delivery_key"},"tables","facts","lost_rows"?: why some of it cannot be read,"failure"?: {"kind","message"} of what was to be fetched beside it, with which the receipt has failed}. Returns {"applied":true,"finished","written","refused","ties":[{"table","id"}],"missed"} (with ties a run''s last page leaves it open and a receipt stays received: apply the objects fetched again, as the next page or for the same receipt) or {"applied":false,"why":"repeated"|"lease_lost"|"finished"|"unknown"|"renamed"}. A run''s ties are also put into its cursor as "ties". One transaction: an error writes nothing.';

-- A day of the queries is told in two reports, with the pages and without. Each is whole, cut or empty by itself.
alter table app.sync_targets add part text not null default 'true';
comment on column app.sync_targets.part is
  'SQL of which report of the day a row s is; of a report that told nothing, or was cut, no row is withdrawn.';
update app.sync_targets set part = 's.page = ''''' where table_name = 'gsc_queries_daily';

-- Counting looks at the clock between tables: one of many millions of rows takes its time.
alter function public.count_rows(jsonb) set statement_timeout = '18s';

-- Who may not read what users write is told no likes and comments; on Instagram none is one that is hidden.
create or replace function app.keep_figures() returns trigger language plpgsql set search_path = '' as $$
declare
  stamps constant text[] := array['source_at', 'updated_at'];
begin
  if old.metrics is not null then new.metrics := old.metrics || coalesce(new.metrics, '{}'); end if;
  if new.platform = 'facebook' then
    new.likes := coalesce(new.likes, old.likes);
    new.comments := coalesce(new.comments, old.comments);
  end if;
  -- What says the same again was not written (app.upsert_rows counts by this).
  if to_jsonb(new) - stamps = to_jsonb(old) - stamps then new.updated_at := old.updated_at; end if;
  return new;
end
$$;
drop trigger keep_figures on public.meta_posts;
create trigger keep_figures before update of metrics on public.meta_posts
  for each row execute function app.keep_figures();
