-- Writing a page: rows, cursor, run and facts in one transaction, in an order that
-- can be repeated, reordered or killed at any point without harm.

-- The parts of upsert_rows' statements that depend on the table. s: what is there;
-- excluded, i: what comes in. A generated column (the hash of a text too long for an index)
-- may be part of the key.
create function app.describe_target(p_table regclass, out keys text, out key_values text,
  out same_key text, out columns text, out incoming text, out assignments text,
  out content text[])
language sql stable set search_path = '' as $$
  with described as (
    select quote_ident(a.attname) as name, a.attnum as place, a.attgenerated <> '' as generated,
      a.attnum = any (x.indkey) as in_key, a.attname in ('source_at', 'updated_at') as clock,
      case when a.attname = 'client_id' then '$2::uuid as client_id'
        when a.attname = 'updated_at' then 'clock_timestamp() as updated_at'
        when a.attgenerated <> ''
          then pg_catalog.pg_get_expr(d.adbin, p_table) || ' as ' || quote_ident(a.attname)
        else quote_ident(a.attname) end as source
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_index x on x.indrelid = a.attrelid and x.indisprimary
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = p_table and a.attnum > 0 and not a.attisdropped)
  select string_agg(name, ', ' order by place) filter (where in_key),
    string_agg('s.' || name, ', ' order by place) filter (where in_key and name <> 'client_id'),
    string_agg(format('s.%1$s = i.%1$s', name), ' and ' order by place) filter (where in_key),
    string_agg(name, ', ' order by place) filter (where not generated),
    string_agg(source, ', ' order by place),
    string_agg(format('%1$s = excluded.%1$s', name), ', ' order by place)
      filter (where not generated and name <> 'updated_at'),
    array_agg(name order by place) filter (where not in_key and not clock)
  from described
$$;

-- Upserts whole rows by primary key. A row is written only when its source_at is
-- newer than what is stored; what was written at the same source_at with other
-- content is a tie, which only the provider can settle, or in a table whose rows
-- cannot be fetched one by one the later reading.
create function app.upsert_rows(p_client uuid, p_table text, p_rows jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  target regclass;
  refetched boolean;
  t record;
  differs constant text := '(s.%s) is distinct from (%s.%s)';
  written bigint;
  refused bigint;
  ties jsonb;
begin
  select a.refetched into refetched from app.sync_targets a where a.table_name = p_table;
  if not found then
    raise exception 'apply_page: % is not a sync target', p_table
      using errcode = 'invalid_parameter_value';
  end if;
  target := format('public.%I', p_table)::regclass;
  perform app.refuse_unknown_columns(target, p_rows);
  select * into t from app.describe_target(target);
  t.incoming := format('(select %s, ordinality from jsonb_populate_recordset(null::%s, $1)
    with ordinality)', t.incoming, target);

  execute format('insert into %1$s as s (%2$s)
    select distinct on (%3$s) %2$s from %4$s i
    order by %3$s, source_at desc, ordinality desc
    on conflict (%3$s) do update set %5$s,
      updated_at = case when %6$s then excluded.updated_at else s.updated_at end
    where s.source_at < excluded.source_at
      or not $3 and s.source_at = excluded.source_at and %6$s',
    target, t.columns, t.keys, t.incoming, t.assignments,
    format(differs, array_to_string(t.content, ', s.'),
      'excluded', array_to_string(t.content, ', excluded.')))
    using p_rows, p_client, refetched;
  get diagnostics written = row_count;

  execute format('select count(*) filter (where s.source_at > i.source_at),
      coalesce(jsonb_agg(distinct jsonb_build_object(''table'', $4, ''id'', concat_ws(''/'', %1$s)))
        filter (where $3 and s.source_at = i.source_at and %2$s), ''[]'')
    from %3$s i join %4$s s on %5$s', t.key_values,
    format(differs, array_to_string(t.content, ', s.'), 'i', array_to_string(t.content, ', i.')),
    t.incoming, target, t.same_key)
    using p_rows, p_client, refetched, p_table into refused, ties;

  return jsonb_build_object('written', written, 'refused', refused, 'ties', ties);
end
$$;
comment on function app.upsert_rows is
  'rows: [{column: value, ..., "source_at"}], whole states; client_id and updated_at are filled in. Returns {"written", "refused": older than stored, "ties": [{"table","id"}]} (refetched tables only). Raises 22023 (table not allowed), 42703 (unknown column), 23502/23514 (constraint).';

-- A misspelt column would otherwise be dropped without a word.
create function app.refuse_unknown_columns(p_table regclass, p_rows jsonb)
returns void language plpgsql set search_path = '' as $$
declare
  unknown text;
begin
  select string_agg(k, ', ') into unknown
  from (select distinct jsonb_object_keys(e) as k from jsonb_array_elements(p_rows) e) given
  where not exists (select from pg_catalog.pg_attribute a
    where a.attrelid = p_table and a.attname = k and a.attnum > 0 and not a.attisdropped);
  if unknown is not null then
    raise exception '% has no column %', p_table, unknown using errcode = 'undefined_column';
  end if;
end
$$;

-- Tables in the order of their names, so that two pages at once cannot deadlock.
-- What all rows of a bulk page have in common is said once, in "common".
create function app.upsert_tables(p_client uuid, p_tables jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  part record;
  done jsonb;
  total jsonb := '{"written": 0, "refused": 0, "ties": []}';
begin
  for part in
    select e ->> 'table' as name, case when e ? 'common' then
        (select coalesce(jsonb_agg(r || (e -> 'common')), '[]') from jsonb_array_elements(e -> 'rows') r)
      else e -> 'rows' end as rows
    from jsonb_array_elements(coalesce(nullif(p_tables, 'null'), '[]')) e order by 1
  loop
    done := app.upsert_rows(p_client, part.name, part.rows);
    total := jsonb_build_object(
      'written', (total ->> 'written')::bigint + (done ->> 'written')::bigint,
      'refused', (total ->> 'refused')::bigint + (done ->> 'refused')::bigint,
      'ties', (total -> 'ties') || (done -> 'ties'));
  end loop;
  return total;
end
$$;

-- Patches a service_facts row, creating it if need be. A member set to null clears
-- its column; an unknown member raises 42703.
create function app.merge_facts(p_client uuid, p_service text, p_stream text, p_partition text,
  p_patch jsonb)
returns void language plpgsql set search_path = '' as $$
declare
  patch jsonb := coalesce(nullif(p_patch, 'null'), '{}')
    - '{client_id,service,stream,partition,updated_at}'::text[];
  assignments text;
begin
  insert into public.service_facts (client_id, service, stream, partition)
  values (p_client, p_service, p_stream, p_partition) on conflict do nothing;
  select string_agg(format('%1$I = patch.%1$I', k), ', ') into assignments
  from jsonb_object_keys(patch) k;
  if assignments is null then return; end if;
  execute format('update public.service_facts f set %s
    from jsonb_populate_record(null::public.service_facts, $1) patch
    where f.client_id = $2 and f.service = $3 and f.stream = $4 and f.partition = $5', assignments)
    using patch, p_client, p_service, p_stream, p_partition;
end
$$;

-- Deliveries arrive in any order: clocks of the webhook only move forward, and its
-- usual gap between events is learned (a moving average, 1/5 for the newest gap).
create function app.merge_webhook_facts(p_client uuid, p_service text, p_patch jsonb)
returns void language plpgsql set search_path = '' as $$
declare
  patch jsonb := coalesce(nullif(p_patch, 'null'), '{}');
  stored public.service_facts;
  given public.service_facts;
  gap_secs int;
begin
  perform app.merge_facts(p_client, p_service, 'webhook', '', '{}');
  select * into stored from public.service_facts f
  where f.client_id = p_client and f.service = p_service and f.stream = 'webhook' for update;
  given := jsonb_populate_record(stored, patch);
  gap_secs := stored.usual_gap_secs;
  if given.last_event_at > stored.last_event_at then
    gap_secs := extract(epoch from given.last_event_at - stored.last_event_at);
    gap_secs := round(coalesce(stored.usual_gap_secs * 0.8 + gap_secs * 0.2, gap_secs));
  end if;
  perform app.merge_facts(p_client, p_service, 'webhook', '', patch || jsonb_build_object(
    'last_event_at', greatest(stored.last_event_at, given.last_event_at),
    'newest_row_at', greatest(stored.newest_row_at, given.newest_row_at),
    'last_success_at', greatest(stored.last_success_at, given.last_success_at),
    'last_attempt_at', greatest(stored.last_attempt_at, given.last_attempt_at),
    'usual_gap_secs', gap_secs));
end
$$;

-- Receipts for events that the provider lists and that never arrived.
create function app.record_missed(p_client uuid, p_service text, p_deliveries jsonb)
returns int language plpgsql set search_path = '' as $$
declare
  missed int;
begin
  insert into public.webhook_receipts
    (client_id, service, delivery_key, object_key, event_type, source, state)
  select p_client, p_service, e ->> 'key', e ->> 'object_key', e ->> 'event_type',
    'reconciled', 'applied'
  from jsonb_array_elements(p_deliveries) e
  order by e ->> 'key'
  on conflict do nothing;
  get diagnostics missed = row_count;
  return missed;
end
$$;

-- One page of a run. The run's row is locked first, so pages of a run queue up.
-- With ties the last page does not finish the run, nor claim its success: the tied
-- objects, fetched again, are the next page and the last. Until then the cursor keeps
-- them, for whoever takes the run next.
create function app.apply_run_page(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  run public.sync_runs;
  place public.sync_cursors;
  page constant int := (p ->> 'page')::int;
  finished boolean := coalesce((p ->> 'last')::boolean, false);
  result jsonb;
  still_tied jsonb;
  missed int;
begin
  select * into run from public.sync_runs r where r.run_id = (p ->> 'run_id')::uuid for update;
  if not found then return app.not_applied('unknown'); end if;
  if page <= run.pages then return app.not_applied('repeated'); end if;
  if run.state in ('succeeded', 'failed') then return app.not_applied('finished'); end if;
  place := app.held_place(run, (p ->> 'lease')::uuid);
  if place is null then return app.not_applied('lease_lost'); end if;
  if page is distinct from run.pages + 1 then
    raise exception 'apply_page: page % after page %', page, run.pages
      using errcode = 'invalid_parameter_value';
  end if;

  result := app.upsert_tables(run.client_id, p -> 'tables');
  missed := app.record_missed(run.client_id, run.service,
    coalesce(nullif(p -> 'deliveries', 'null'), '[]'));
  finished := finished and result -> 'ties' = '[]';
  still_tied := case when result -> 'ties' = '[]' then '{}'
    else jsonb_build_object('ties', result -> 'ties') end;

  update public.sync_runs r set
    pages = page, attempt = 0, error_kind = null, error_message = null,
    rows_written = r.rows_written + (result ->> 'written')::bigint
  where r.run_id = run.run_id;
  update public.sync_cursors c set
    cursor = coalesce(nullif(p -> 'cursor', 'null'), c.cursor, '{}') || still_tied,
    lease_until = app.lease_end(p)
  where c.run_id = run.run_id;
  if finished then perform app.end_run(run.run_id, 'succeeded'); end if;
  if finished or not coalesce((p ->> 'last')::boolean, false) then
    perform app.merge_facts(run.client_id, run.service, run.stream, run.partition, p -> 'facts');
  end if;
  if p ? 'deliveries' then
    perform app.record_reconciliation(run, page, finished, missed);
  end if;
  return result || jsonb_build_object('applied', true, 'finished', finished, 'missed', missed);
end
$$;

-- The cursor row of a run, locked, if the lease is the one that holds it; else null.
-- A lease past its time still counts until another worker takes the run.
create function app.held_place(p_run public.sync_runs, p_lease uuid)
returns public.sync_cursors language sql volatile set search_path = '' as $$
  select c from public.sync_cursors c
  where c.client_id = p_run.client_id and c.service = p_run.service
    and c.stream = p_run.stream and c.partition = p_run.partition
    and c.run_id = p_run.run_id and c.lease = p_lease
  for update
$$;

-- Ends a run for good and frees its partition for the next one.
create function app.end_run(p_run_id uuid, p_state text)
returns void language plpgsql set search_path = '' as $$
declare
  run public.sync_runs;
begin
  update public.sync_runs r
  set state = p_state, finished_at = clock_timestamp(), retry_at = null
  where r.run_id = p_run_id returning * into run;
  update public.sync_cursors c set run_id = null, lease = null, lease_until = null
  where c.run_id = p_run_id;
  perform app.merge_facts(run.client_id, run.service, run.stream, run.partition,
    '{"running_since": null}');
end
$$;

-- What the reconciliation found, summed over its pages, stands with its own stream
-- and with the webhook that it judges.
create function app.record_reconciliation(
  p_run public.sync_runs, p_page int, p_finished boolean, p_missed int)
returns void language plpgsql set search_path = '' as $$
declare
  part record;
  before int;
begin
  for part in select * from (values (p_run.stream, p_run.partition), ('webhook', '')) v (stream, partition)
  loop
    perform app.merge_facts(p_run.client_id, p_run.service, part.stream, part.partition, '{}');
    select case when p_page = 1 then 0 else coalesce(f.reconciled_missed, 0) end into before
    from public.service_facts f where f.client_id = p_run.client_id and f.service = p_run.service
      and f.stream = part.stream and f.partition = part.partition for update;
    perform app.merge_facts(p_run.client_id, p_run.service, part.stream, part.partition,
      jsonb_build_object('reconciled_missed', before + p_missed) || case when p_finished
        then jsonb_build_object('reconciled_at', clock_timestamp()) else '{}' end);
  end loop;
end
$$;

-- The objects of one webhook delivery. With ties the receipt stays open: fetch the
-- tied objects and apply again, now with the time of that reply as source_at.
create function app.apply_delivery(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  receipt public.webhook_receipts;
  result jsonb;
begin
  select * into receipt from public.webhook_receipts r
  where r.client_id = (p #>> '{receipt,client_id}')::uuid
    and r.service = p #>> '{receipt,service}'
    and r.delivery_key = p #>> '{receipt,delivery_key}' for update;
  if not found then return app.not_applied('unknown'); end if;
  if receipt.state = 'applied' then return app.not_applied('repeated'); end if;

  result := app.upsert_tables(receipt.client_id, p -> 'tables');
  if result -> 'ties' = '[]' then
    update public.webhook_receipts r set state = 'applied', error = null
    where r.client_id = receipt.client_id and r.service = receipt.service
      and r.delivery_key = receipt.delivery_key;
  end if;
  perform app.merge_webhook_facts(receipt.client_id, receipt.service, p -> 'facts');
  return result || '{"applied": true, "missed": 0}';
end
$$;

create function app.not_applied(p_why text) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('applied', false, 'why', p_why)
$$;

create function app.lease_end(p jsonb) returns timestamptz
language sql volatile set search_path = '' as $$
  select clock_timestamp() + make_interval(secs => coalesce((p ->> 'lease_secs')::int, 120))
$$;

create function public.apply_page(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
begin
  if p ? 'receipt' then return app.apply_delivery(p); end if;
  return app.apply_run_page(p);
end
$$;
comment on function public.apply_page is
  'A page of a run: {"run_id","lease","page":1..,"tables":[{"table","rows":[{..,"source_at"}]}],"cursor","facts":{service_facts columns},"last","deliveries":[{"key","event_type","object_key"}]?,"lease_secs"}, or a webhook delivery: {"receipt":{"client_id","service","delivery_key"},"tables","facts"}. Returns {"applied":true,"finished","written","refused","ties":[{"table","id"}],"missed"} (with ties a run''s last page leaves it open and a receipt stays received: apply the objects fetched again, as the next page or for the same receipt) or {"applied":false,"why":"repeated"|"lease_lost"|"finished"|"unknown"}. A run''s ties are also put into its cursor as "ties". One transaction: an error writes nothing.';
