-- Replay: archived bytes read again by a later parser (docs/replay.md). Which rows would change, and
-- the same rows written, under the rule of every write: an older state never replaces a newer one.

-- Where the archive's objects of a service are: the pages of its runs and its deliveries, oldest first.
-- A run's next page is named too: it may have been kept and never applied. A page that settled ties has
-- no object.
create function public.archived_objects(p jsonb) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  client constant uuid := (select w.client_id from public.workspaces w where w.slug = p ->> 'workspace');
  since constant timestamptz := coalesce((p ->> 'since')::timestamptz, '-infinity');
  until constant timestamptz := coalesce((p ->> 'until')::timestamptz, 'infinity');
  objects jsonb;
begin
  if client is null then return '{"unknown_workspace": true}'; end if;
  select coalesce(jsonb_agg(to_jsonb(o) order by o.at, o.id, o.page), '[]') into objects from (
    select * from (
      select r.created_at as at, r.run_id::text as id, number as page,
        format('raw/%s/%s/%s/%s/%s.json', client, r.service, r.stream, r.run_id, number) as object_key
      from public.sync_runs r, generate_series(1, r.pages + 1) number
      where r.client_id = client and r.service = p ->> 'service'
        and (p ->> 'stream' is null or r.stream = p ->> 'stream')
        and (p ->> 'state' is null or r.state = p ->> 'state')
        and r.created_at >= since and r.created_at < until
      union all
      select w.received_at, w.delivery_key, 0, w.object_key
      from public.webhook_receipts w
      where w.client_id = client and w.service = p ->> 'service'
        and (p ->> 'stream' is null or p ->> 'stream' = 'webhook')
        and (p ->> 'state' is null or w.state = p ->> 'state')
        -- what a reconciliation found is in the pages of its run
        and w.source = 'delivered' and w.object_key is not null
        and w.received_at >= since and w.received_at < until) listed
    where p -> 'after' is null or p -> 'after' = 'null'
      or (listed.at, listed.id, listed.page)
        > ((p #>> '{after,at}')::timestamptz, p #>> '{after,id}', (p #>> '{after,page}')::int)
    order by listed.at, listed.id, listed.page
    limit coalesce((p ->> 'limit')::int, 500)) o;
  return jsonb_build_object('client_id', client, 'objects', objects);
end
$$;
comment on function public.archived_objects is
  '{"workspace":slug,"service","stream"? ("webhook": deliveries),"state"?: of run or receipt,"since"?,"until"?,"after"?: the last object of the answer before,"limit"?} -> {"client_id","objects":[{"object_key","at","id","page"}]}, oldest first, or {"unknown_workspace":true}.';

-- Whether rows of these bytes may be what is stored. A parser that was corrected gives other rows of the
-- same source_at, which then replace those of the earlier reading. Bytes that this database knows and has
-- never applied did not give what is stored: there a difference of one second is a tie like any other.
create function app.may_be_rereading(p jsonb) returns boolean
language sql stable set search_path = '' as $$
  select not exists (select from public.webhook_receipts w
      where w.client_id = (p ->> 'client_id')::uuid and w.service = p ->> 'service'
        and w.delivery_key = p ->> 'delivery_key' and w.state not in ('applied', 'ignored'))
    and not exists (select from public.sync_runs r
      where r.run_id = (p ->> 'run_id')::uuid and r.pages < (p ->> 'page')::int)
$$;

create function app.batch_rows(p_batch jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select case when p_batch ? 'common'
    then (select coalesce(jsonb_agg(r || (p_batch -> 'common')), '[]')
      from jsonb_array_elements(p_batch -> 'rows') r)
    else p_batch -> 'rows' end
$$;

-- What a reader knows a row by: the columns of its key, and of a generated one those that it is made of.
create function app.telling_columns(p_table regclass) returns text[]
language sql stable set search_path = '' as $$
  select array_agg(a.attname::text order by a.attnum)
  from pg_catalog.pg_attribute a join pg_catalog.pg_index x on x.indrelid = a.attrelid and x.indisprimary
  where a.attrelid = p_table and a.attnum > 0 and not a.attisdropped
    and a.attname <> 'client_id' and a.attgenerated = ''
    and (a.attnum = any (x.indkey) or exists (
      select from pg_catalog.pg_attrdef d join pg_catalog.pg_attribute k
        on k.attrelid = d.adrelid and k.attnum = d.adnum
      where d.adrelid = p_table and k.attgenerated <> '' and k.attnum = any (x.indkey)
        and pg_catalog.pg_get_expr(d.adbin, p_table) ~ ('\m' || a.attname || '\M')))
$$;

-- The columns in which two rows differ: {"amount": {"stored": 1, "replayed": 2}}.
create function app.differing_columns(p_stored jsonb, p_replayed jsonb, p_columns text[]) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(jsonb_object_agg(c, jsonb_build_object('stored', p_stored -> c, 'replayed', p_replayed -> c)),
    '{}')
  from unnest(p_columns) c where p_stored -> c is distinct from p_replayed -> c
$$;

create function app.chosen(p_row jsonb, p_columns text[]) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(jsonb_object_agg(c, p_row -> c), '{}') from unnest(p_columns) c
$$;

-- The statement behind compare_rows and apply_replay: incoming rows, one of each key, beside what is
-- stored, with the fate of each. $1: rows, $2: client, $3: whether a tie is a rereading.
create function app.fates_of(p_table text) returns text
language plpgsql stable set search_path = '' as $$
declare
  target regclass;
  refetched boolean;
  t record;
begin
  select a.refetched into refetched from app.sync_targets a where a.table_name = p_table;
  if not found then
    raise exception 'replay: % is not a sync target', p_table using errcode = 'invalid_parameter_value';
  end if;
  target := format('public.%I', p_table)::regclass;
  select * into t from app.describe_target(target);
  return format('select i.*, to_jsonb(s) as stored, to_jsonb(i) as replayed, case
      when s.client_id is null then ''new''
      when (s.%1$s) is not distinct from (i.%2$s) then ''same''
      when s.source_at > i.source_at then ''refused''
      when s.source_at = i.source_at and not $3 and %3$L::boolean then ''tied''
      else ''changed'' end as fate
    from (select distinct on (%4$s) * from (select %5$s, ordinality
        from jsonb_populate_recordset(null::%6$s, $1) with ordinality) given
      order by %4$s, source_at desc, ordinality desc) i
    left join %6$s s on %7$s',
    array_to_string(t.content, ', s.'), array_to_string(t.content, ', i.'), refetched,
    t.keys, t.incoming, target, t.same_key);
end
$$;

create function app.compare_table(p_client uuid, p_table text, p_rows jsonb, p_rereading boolean,
  p_examples int)
returns jsonb language plpgsql stable set search_path = '' as $$
declare
  fates constant text := app.fates_of(p_table);
  target constant regclass := format('public.%I', p_table)::regclass;
  content text[];
  result jsonb;
begin
  perform app.refuse_unknown_columns(target, p_rows);
  select array_agg((parse_ident(c))[1]) into content
  from app.describe_target(target) t, unnest(t.content) c;
  execute format('with fates as materialized (%s),
    changes as materialized (select app.chosen(replayed, $4) as key,
        app.differing_columns(stored, replayed, $5) as columns from fates where fate = ''changed'')
    select jsonb_build_object(''table'', $6,
      ''new'', (select count(*) from fates where fate = ''new''),
      ''changed'', (select count(*) from changes),
      ''same'', (select count(*) from fates where fate = ''same''),
      ''refused'', (select count(*) from fates where fate = ''refused''),
      ''tied'', (select count(*) from fates where fate = ''tied''),
      ''columns'', (select coalesce(jsonb_object_agg(name, times), ''{}'') from (
        select name, count(*) as times from changes c, jsonb_object_keys(c.columns) name group by name) n),
      ''examples'', (select coalesce(jsonb_agg(to_jsonb(c)), ''[]'') from (
        select * from changes order by key limit $7) c))', fates)
    using p_rows, p_client, p_rereading, app.telling_columns(target), content, p_table, p_examples
    into result;
  return result;
end
$$;

create function public.compare_rows(p jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('tables', coalesce(jsonb_agg(app.compare_table((p ->> 'client_id')::uuid,
      e ->> 'table', app.batch_rows(e), app.may_be_rereading(p), coalesce((p ->> 'examples')::int, 3))
    order by e ->> 'table'), '[]'))
  from jsonb_array_elements(coalesce(nullif(p -> 'tables', 'null'), '[]')) e
$$;
comment on function public.compare_rows is
  '{"client_id","tables":[{"table","rows","common"?}],"examples"?, of a page "run_id","page", of a delivery "service","delivery_key"} -> {"tables":[{"table","new","changed","same","refused": newer by source_at is stored,"tied": only the provider can tell,"columns":{changed column: times},"examples":[{"key","columns":{name:{"stored","replayed"}}}]}]}. Writes nothing.';

-- Writes what is new or changed and leaves everything else as it is, updated_at included.
create function app.replay_rows(p_client uuid, p_table text, p_rows jsonb, p_rereading boolean)
returns bigint language plpgsql set search_path = '' as $$
declare
  target constant regclass := format('public.%I', p_table)::regclass;
  fates constant text := app.fates_of(p_table);
  t record;
  written bigint;
begin
  perform app.refuse_unknown_columns(target, p_rows);
  select * into t from app.describe_target(target);
  -- Once more in the conflict: what another worker wrote since the rows were compared may be newer.
  execute format('insert into %1$s as s (%2$s)
    select %2$s from (%3$s) f where f.fate in (''new'', ''changed'') order by %4$s
    on conflict (%4$s) do update set %5$s, updated_at = excluded.updated_at
    where s.source_at < excluded.source_at or $3 and s.source_at = excluded.source_at
      or not (select a.refetched from app.sync_targets a where a.table_name = $4)
        and s.source_at = excluded.source_at',
    target, t.columns, fates, t.keys, t.assignments)
    using p_rows, p_client, p_rereading, p_table;
  get diagnostics written = row_count;
  return written;
end
$$;

-- Tables in the order of their names, as apply_page takes them.
create function app.replay_tables(p jsonb) returns bigint
language plpgsql set search_path = '' as $$
declare
  rereading constant boolean := app.may_be_rereading(p);
  batch jsonb;
  written bigint := 0;
begin
  for batch in select e from jsonb_array_elements(coalesce(nullif(p -> 'tables', 'null'), '[]')) e
    order by e ->> 'table'
  loop
    written := written + app.replay_rows((p ->> 'client_id')::uuid, batch ->> 'table',
      app.batch_rows(batch), rereading);
  end loop;
  return written;
end
$$;

-- A delivery that could not be read, and now can. Ties and objects that must be asked for again are the
-- delivery flow's: the receipt is open again, and the next tick queues it.
create function app.reopen_receipt(p jsonb, p_receipt public.webhook_receipts) returns jsonb
language plpgsql set search_path = '' as $$
declare
  result jsonb;
  outcome text := p ->> 'state';
begin
  if outcome <> 'received' then
    result := app.upsert_tables(p_receipt.client_id, p -> 'tables');
    if result -> 'ties' <> '[]' then outcome := 'received'; end if;
    perform app.merge_webhook_facts(p_receipt.client_id, p_receipt.service, p -> 'facts');
  end if;
  update public.webhook_receipts r set state = outcome, error = null
  where r.client_id = p_receipt.client_id and r.service = p_receipt.service
    and r.delivery_key = p_receipt.delivery_key;
  return jsonb_build_object('written', coalesce((result ->> 'written')::bigint, 0), 'receipt', outcome);
end
$$;

create function public.apply_replay(p jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  receipt public.webhook_receipts;
begin
  select * into receipt from public.webhook_receipts r
  where r.client_id = (p ->> 'client_id')::uuid and r.service = p ->> 'service'
    and r.delivery_key = p ->> 'delivery_key' for update;
  -- In the queue already, where the same rows are on their way.
  if receipt.state = 'received' then return '{"written": 0, "receipt": "received"}'; end if;
  if receipt.state in ('unreadable', 'failed') then return app.reopen_receipt(p, receipt); end if;
  if receipt.state = 'ignored' and p ->> 'state' <> 'ignored' then
    update public.webhook_receipts r set state = p ->> 'state'
    where r.client_id = receipt.client_id and r.service = receipt.service
      and r.delivery_key = receipt.delivery_key returning * into receipt;
  end if;
  return jsonb_build_object('written', app.replay_tables(p), 'receipt', receipt.state);
end
$$;
comment on function public.apply_replay is
  'The rows of an archived object, read again: as compare_rows, and of a delivery "state" ("applied", "ignored", or "received" when objects must be asked for) and "facts" -> {"written","receipt": its state now, null: none is known}. Replaces what an earlier reading of the same bytes gave, never what is newer. An unreadable or failed delivery becomes applied; no cursor, lease, run or, otherwise, fact is touched.';

revoke all on function app.may_be_rereading, app.batch_rows, app.telling_columns, app.differing_columns,
  app.chosen, app.fates_of, app.compare_table, app.replay_rows, app.replay_tables, app.reopen_receipt
  from public, anon, authenticated;
grant execute on function app.may_be_rereading, app.batch_rows, app.telling_columns,
  app.differing_columns, app.chosen, app.fates_of, app.compare_table, app.replay_rows,
  app.replay_tables, app.reopen_receipt to service_role;
revoke all on function public.archived_objects, public.compare_rows, public.apply_replay
  from public, anon, authenticated;
grant execute on function public.archived_objects, public.compare_rows, public.apply_replay to service_role;
