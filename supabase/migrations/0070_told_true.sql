-- The message of a delivery names its workspace as it was called then, too. What its keys could not fetch may be another
-- client's keys' answer: the tick asks again by the present name.
select app.exchange_text('public.mark_receipt', 'set state = p ->> ''state'', error', 'set state = case
      when p ->> ''state'' = ''failed'' and not exists (select from public.workspaces w where w.client_id = r.client_id
        and w.slug = coalesce(p ->> ''workspace'', w.slug)) then ''received'' else p ->> ''state'' end, error');
comment on function public.mark_receipt is
  '{"client_id","workspace"?: the slug whose keys were used,"service","delivery_key","state","error","kind"?: of the failure, else it is ours or of the data, "retry_secs"?: of one that stays received, until when no tick queues it} -> {"marked":bool}; false: no such receipt, or it is applied (which only "ignored" may follow). What failed by the keys of an earlier name stays received.';

-- An answer by such keys may also be that there is no such object, which is no failure.
select app.exchange_text('app.apply_delivery', '  if receipt.state = ''applied'' then', '  if not exists (select from public.workspaces w where w.client_id = receipt.client_id
    and w.slug = coalesce(p #>> ''{receipt,workspace}'', w.slug)) then
    return app.not_applied(''renamed'');
  end if;
  if receipt.state = ''applied'' then');

comment on function public.apply_page is
  'A page of a run: {"run_id","lease","page":1..,"tables":[{"table","rows":[{..,"source_at"}]}],"cursor","facts":{service_facts columns},"last","deliveries":[{"key","event_type","object_key"}]?,"lease_secs"}, or a webhook delivery: {"receipt":{"client_id","workspace"?: the slug whose keys were used,"service","delivery_key"},"tables","facts"}. Returns {"applied":true,"finished","written","refused","ties":[{"table","id"}],"missed"} (with ties a run''s last page leaves it open and a receipt stays received: apply the objects fetched again, as the next page or for the same receipt) or {"applied":false,"why":"repeated"|"lease_lost"|"finished"|"unknown"|"renamed"}. A run''s ties are also put into its cursor as "ties". One transaction: an error writes nothing.';

-- An address in a page's URL has its @ as %40.
select app.exchange_text('app.is_impersonal', 'p_text !~ ''@''', 'p_text !~* ''@|%40''');

-- A week later nobody has taken what was lost: the page then warns of it (judge), for as long as it may matter. What was
-- read in part is not to be had any more by reading it again.
create or replace view app.lost_deliveries with (security_invoker = true) as
  select * from public.webhook_receipts r
  where r.updated_at > statement_timestamp() - interval '30 days'
    and (r.state in ('unreadable', 'failed')
      or (r.state = 'applied' and r.error is not null and r.updated_at > statement_timestamp() - interval '7 days'));
comment on function app.tell_of_delivery is
  'The webhook has failed after one of its deliveries became unreadable, failed or was read in part: one of the first two for 30 days, at most until it is read after all, one of the last for a week. Told is the last of them, and how many there are.';

-- What is told is the last of those that are left, also when a later one has been read.
select app.exchange_text('app.tell_of_delivery', 'r.error, r.error_kind into', 'r.error, r.error_kind, r.updated_at into');
select app.exchange_text('app.tell_of_delivery', 'failed_at = case when new.state in (''unreadable'', ''failed'') or new.error is not null or f.failed_at is null
      then clock_timestamp() else f.failed_at end', 'failed_at = lost.updated_at');

-- A provider that is away for an hour and some makes no page impossible: the scan goes on where it stood. What is read
-- every few minutes waits less for its newest figures.
select app.exchange_text('app.plan_after_failure', 'new.error_kind not in (''rate_limit'', ''credentials'', ''configuration'')
      then c.cursor', 'new.error_kind not in (''rate_limit'', ''credentials'', ''configuration'')
        and not (reason in (''provider'', ''ours'') and exists (select from public.sync_runs r
          where r.client_id = new.client_id and r.service = new.service and r.stream = new.stream
            and r.partition = new.partition and r.pages > 0 and r.updated_at > clock_timestamp()
              - make_interval(secs => least(21600, 8 * c.every_secs))))
      then c.cursor');

-- One stream that waits or is read for hours does not keep the others from being asked for, unless it waits for a provider's
-- limit: the keys that it holds are those of all parts.
select app.exchange_text('public.start_run', '  rested_at timestamptz;', '  rested_at timestamptz;
  is_busy boolean;');
select app.exchange_text('public.start_run', '  if exists (select from unnest(places) c where c.run_id is not null) then
    return ''{"busy": true}'';
  end if;
', '');
select app.exchange_text('public.start_run', 'app.rests_until(c)) from unnest(places) c);
  places := array(select c from unnest(places) c where app', 'app.rests_until(c)) from unnest(places) c where c.run_id is null);
  is_busy := exists (select from unnest(places) c where c.run_id is not null);
  if is_busy and p ->> ''stream'' is null and exists (select from public.service_facts f
    where f.client_id = (p ->> ''client_id'')::uuid and f.service = p ->> ''service'' and f.rate_limited_until > clock_timestamp()) then
    return ''{"busy": true}'';
  end if;
  places := array(select c from unnest(places) c where c.run_id is null and app');
select app.exchange_text('public.start_run', '  if cardinality(places) = 0 then
    return jsonb', '  if cardinality(places) = 0 and is_busy then return ''{"busy": true}''; end if;
  if cardinality(places) = 0 then
    return jsonb');
comment on function public.start_run is
  '{"client_id","service","stream"?,"partition"?,"cause":"manual","limit"?}: a run now, of all streams and partitions or of those named, but those that have an unfinished run or succeeded by hand in the last five minutes, of no more than limit; the rest is due with the next tick -> {"jobs":[as of claim_due]}, {"busy":true} while an unfinished run is all there is, or of no named stream a provider''s limit holds one of them, or {"jobs":[],"why"}: "not_set_up", "disabled", "unreadable" (the workspace''s settings), "missing" (with "missing": names of keys), "no_part" (no such partition) or "just_synced" (with "again_in_secs": when all of it may be asked for again).';

-- A scan asks in slices. One that is answered with nothing, as a provider in trouble does, says nothing about days of which
-- none near was told; before, it turned a month into zeros.
select app.exchange_text('app.withdraw_unread_rows', '        and (s.%5$s) is distinct from (n.%3$s)
', '        and (s.%5$s) is distinct from (n.%3$s)
        and ($6 is not null or s.day in (select told.day + near.days from generate_series(-3, 3) near (days),
          (select distinct s.day from public.%1$I s
            where s.client_id = $2 and %4$s and s.source_at >= $3 - interval ''''1 hour'''' and (s.%5$s) is distinct from (n.%3$s)
              and s.day > ($4 at time zone ''''UTC'''')::date - 4 and s.day < ($3 at time zone ''''UTC'''')::date + 3) told))
');

-- A hold that is not captured is no sale, as it is none of the net.
select app.exchange_text('public.daily_series', '(c.status = ''succeeded'' or (c.status', '((c.status = ''succeeded'' and c.captured is distinct from false) or (c.status');
-- Of a shop that sold before the window its first days without a sale are zero, not unknown.
select app.exchange_text('public.daily_series', '      min(f.first_day) over (partition', '      case when s.service = ''stripe'' and exists (select from public.stripe_charges o where o.client_id = z.client_id
          and o.created < z.since_at and o.created >= z.since_at - interval ''90 days'' and not (z.has_live and o.livemode is false))
        then z.since end as sold_since, min(f.first_day) over (partition');
select app.exchange_text('public.daily_series', 'i.day >= d.first_day', 'i.day >= coalesce(d.sold_since, d.first_day)');

-- History leaves out a delivery within an hour after what it has, not before what is asked for.
select app.exchange_text('public.facts_at', 'r.received_at between at - interval ''1 hour'' and at)', 'r.received_at between h.recorded_at and at)');
