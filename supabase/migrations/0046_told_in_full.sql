-- What a card left out: the days on which people used a service, how many rows a delivery wrote, why one could not
-- be read.

alter table public.webhook_receipts add rows_written bigint not null default 0;
comment on column public.webhook_receipts.rows_written is 'By all its applications; 1 of one applied before this was counted.';
update public.webhook_receipts set rows_written = 1 where state = 'applied';

select app.exchange_text('app.apply_delivery', 'set state = ''applied'', error = p ->> ''lost_rows''',
  'set state = ''applied'', error = p ->> ''lost_rows'',
      rows_written = r.rows_written + (result ->> ''written'')::bigint');

select app.exchange_text('public.service_daily', '1, r.state = ''applied''', 'r.rows_written, r.state = ''applied''');
select app.exchange_text('public.service_daily', 'and r.received_at >= z.surely_before)',
  'and r.received_at >= z.surely_before
    union all
    select r.service, (r.requested_at at time zone z.time_zone)::date, 1, r.state = ''succeeded''
    from public.action_requests r, zone z
    where r.client_id = p_client_id and r.finished_at is not null and r.requested_at >= z.surely_before)');
comment on function public.service_daily is
  'Rows written and work finished per service and local day of the workspace: runs, delivered webhooks, and what people asked for (one row each). Days with nothing are absent.';

select app.exchange_text('public.record_receipt', '(client_id, service, delivery_key, object_key, event_type, state)',
  '(client_id, service, delivery_key, object_key, event_type, error, state)');
select app.exchange_text('public.record_receipt', 'p ->> ''event_type'',
    case', 'p ->> ''event_type'', p ->> ''error'',
    case');
comment on function public.record_receipt is
  '{"workspace":slug,"service","delivery_key","object_key","event_type","readable","error"?: why it is not} -> {"new","state": before this call, of a new one after it,"client_id"} or {"unknown_workspace":true}. Of many at once exactly one is new. A failed one is received again. A good delivery ends a row of bad signatures.';

-- The id of a property's series stays when another comes: the one that is known for longest has the plain one.
select app.exchange_text('public.daily_series', 'from (select distinct d.property from public.gsc_site_daily d, zone z
      where d.client_id = z.client_id and d.day >= z.since and d.search_type = ''web'') s',
  'from (select d.property, min(d.day) as since from public.gsc_site_daily d, zone z
      where d.client_id = z.client_id and d.search_type = ''web'' group by 1) s');
select app.exchange_text('public.daily_series', 'order by s.property not like ''sc-domain:%'', s.property',
  'order by s.since, s.property not like ''sc-domain:%'', s.property');

select app.exchange_text('public.ai_facts', 'return facts || jsonb_build_object(''queries'',',
  'if input ->> ''kind'' = ''page_title'' then
    facts := facts || jsonb_build_object(''page_known'', exists (select from public.gsc_pages_daily d
      where d.client_id = client and d.search_type = ''web'' and d.day > today - 31
        and d.property = app.search_property(client, today - 31)
        and app.path_of(d.page) = app.path_of(input ->> ''page'')));
  end if;
  return facts || jsonb_build_object(''queries'',');

-- What an earlier try failed of is not what fails it now.
select app.exchange_text('app.forget_tries', 'new.retry_at := null;', 'new.retry_at := null;
  new.error_kind := null;');
select app.exchange_text('public.record_dead_letter', 'set state = ''failed'', error = why',
  'set state = ''failed'', error = why, error_kind = null');

comment on function public.ai_facts is
  '{"client_id","input": what shared/connectors/openai made of the request} -> {"asked_at","seen","workspace":{"time_zone","today"},"spent_micros_today","open_today","others_spent_micros_today":[one for each other workspace that used it in 30 days]} and, by input.purpose and input.kind, "daily": public.daily_series of 90 days, "thread": {"messages","last_direction"} or null, or "queries" and "pages" of the last 31 days, with "page_known" for a page: whether the search knows it.';
