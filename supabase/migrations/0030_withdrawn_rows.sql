-- A report's days are read again for a while, because the provider revises them. It also withdraws rows: a
-- conversion is retracted, a query falls below what is told. Such a row says nothing from then on: its key
-- stays, so that an older reading (a replay) cannot bring its figures back.

alter table app.sync_targets
  add service text,
  add stream text,
  add place text,
  add withdrawn jsonb,
  add rows_cut int;

create function app.add_reread_report(p_table text, p_service text, p_stream text, p_place text,
  p_withdrawn jsonb, p_rows_cut int default null) returns void
language sql set search_path = '' as $$
  update app.sync_targets t
  set service = p_service, stream = p_stream, place = p_place, withdrawn = p_withdrawn,
    rows_cut = p_rows_cut
  where t.table_name = p_table
$$;
comment on function app.add_reread_report is
  'A sync target with a column "day" that a scan of the stream reads whole. p_place: SQL that is true of the rows of the partition $1; with client_id and day it is a prefix of the key. p_withdrawn: what the columns of a row say that is no longer told. p_rows_cut: a day of so many rows is told in part, or in pages between which rows may slip, so none is withdrawn.';
revoke all on function app.add_reread_report from public;

-- A scan came to its end: it began at covered_until, so what it did not write is older. Only days that were
-- read whole whatever the provider's time zone; the others are the next scan's. An hour is for clocks that
-- differ, and a scan by a clock far ahead decides nothing.
create function app.withdraw_unread_rows() returns trigger
language plpgsql set search_path = '' as $$
declare
  since constant timestamptz := new.cursor ->> 'covered_from';
  until constant timestamptz := new.cursor ->> 'covered_until';
  report app.sync_targets;
  columns text[];
begin
  if since is null or until > clock_timestamp() + interval '1 hour' then return null; end if;
  for report in select * from app.sync_targets t
    where t.service = new.service and t.stream = new.stream order by t.table_name
  loop
    select array_agg(quote_ident(k)) into columns from jsonb_object_keys(report.withdrawn) k;
    execute format('update public.%1$I s
        set (%2$s, source_at, updated_at) = row(n.%3$s, $3, clock_timestamp())
      from jsonb_populate_record(null::public.%1$I, $5) n
      where s.client_id = $2 and %4$s and s.source_at < $3 - interval ''1 hour''
        and s.day > ($4 at time zone ''UTC'')::date and s.day < ($3 at time zone ''UTC'')::date - 1
        and (s.%5$s) is distinct from (n.%3$s)
        and s.day not in (select s.day from public.%1$I s
          where s.client_id = $2 and %4$s and s.source_at >= $3 - interval ''1 hour''
            and s.day > ($4 at time zone ''UTC'')::date and s.day < ($3 at time zone ''UTC'')::date - 1
          group by s.day having count(*) >= $6)',
      report.table_name, array_to_string(columns, ', '), array_to_string(columns, ', n.'),
      report.place, array_to_string(columns, ', s.'))
      using new.partition, new.client_id, until, since, report.withdrawn, report.rows_cut;
  end loop;
  return null;
end
$$;
create trigger d_withdraw_unread_rows after update of cursor on public.sync_cursors
  for each row when (new.cursor ->> 'covered_until' is distinct from old.cursor ->> 'covered_until')
  execute function app.withdraw_unread_rows();
revoke all on function app.withdraw_unread_rows() from public, anon, authenticated;
grant execute on function app.withdraw_unread_rows() to service_role;

select app.add_reread_report('google_ads_' || table_name || '_daily', 'google_ads', stream,
  's.customer_id = regexp_replace($1, ''\D'', '''', ''g'')', withdrawn)
from (values
  ('campaign', 'campaigns', '{"impressions": 0, "clicks": 0, "cost_micros": 0, "conversions": 0,
    "conversions_value_micros": 0}'::jsonb),
  ('search_terms', 'search_terms', '{"impressions": 0, "clicks": 0, "cost_micros": 0, "conversions": 0,
    "conversions_value_micros": 0}'),
  ('conversions', 'conversions', '{"conversions": 0, "all_conversions": 0, "conversions_value_micros": 0}')
) report (table_name, stream, withdrawn);
-- The site's totals are not among them: a day without any is the provider's trouble before it is the site's.
select app.add_reread_report('gsc_' || stream || '_daily', 'search_console', stream,
  's.property = $1 and s.search_type = ''web''',
  '{"clicks": 0, "impressions": 0, "ctr": null, "position": null, "provisional": false}', 25000)
from unnest(array['queries', 'pages']) stream;
