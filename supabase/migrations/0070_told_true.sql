-- The message of a delivery names its workspace as it was called then, too. What its keys could not fetch may be another
-- client's keys' answer: the tick asks again by the present name.
select app.exchange_text('public.mark_receipt', 'set state = p ->> ''state'', error', 'set state = case
      when p ->> ''state'' = ''failed'' and not exists (select from public.workspaces w where w.client_id = r.client_id
        and w.slug = coalesce(p ->> ''workspace'', w.slug)) then ''received'' else p ->> ''state'' end, error');
comment on function public.mark_receipt is
  '{"client_id","workspace"?: the slug whose keys were used,"service","delivery_key","state","error","kind"?: of the failure, else it is ours or of the data, "retry_secs"?: of one that stays received, until when no tick queues it} -> {"marked":bool}; false: no such receipt, or it is applied (which only "ignored" may follow). What failed by the keys of an earlier name stays received.';

-- An address in a page's URL has its @ as %40.
select app.exchange_text('app.is_impersonal', 'p_text !~ ''@''', 'p_text !~* ''@|%40''');

-- A week later nobody has taken what was lost: the page then warns of it (judge), for as long as it may matter. What was
-- read in part is not to be had any more by reading it again.
create or replace view app.lost_deliveries with (security_invoker = true) as
  select * from public.webhook_receipts r
  where (r.state in ('unreadable', 'failed') and r.updated_at > statement_timestamp() - interval '30 days')
    or (r.state = 'applied' and r.error is not null and r.updated_at > statement_timestamp() - interval '7 days');
comment on function app.tell_of_delivery is
  'The webhook has failed after one of its deliveries became unreadable, failed or was read in part: one of the first two for 30 days, at most until it is read after all, one of the last for a week. Told is the last of them, and how many there are.';

-- A provider that is away for an hour and some makes no page impossible: the scan goes on where it stood.
select app.exchange_text('app.plan_after_failure', 'new.error_kind not in (''rate_limit'', ''credentials'', ''configuration'')
      then c.cursor', 'new.error_kind not in (''rate_limit'', ''credentials'', ''configuration'')
        and not (reason in (''provider'', ''ours'') and exists (select from public.sync_runs r
          where r.client_id = new.client_id and r.service = new.service and r.stream = new.stream
            and r.partition = new.partition and r.pages > 0 and r.updated_at > clock_timestamp() - interval ''6 hours''))
      then c.cursor');

-- One stream that waits or is read for hours does not keep the others from being asked for.
select app.exchange_text('public.start_run', '  rested_at timestamptz;', '  rested_at timestamptz;
  is_busy boolean;');
select app.exchange_text('public.start_run', '  if exists (select from unnest(places) c where c.run_id is not null) then
    return ''{"busy": true}'';
  end if;
', '');
select app.exchange_text('public.start_run', 'app.rests_until(c)) from unnest(places) c);', 'app.rests_until(c)) from unnest(places) c where c.run_id is null);
  is_busy := exists (select from unnest(places) c where c.run_id is not null);');
select app.exchange_text('public.start_run', 'unnest(places) c where app.rests_until(c) is null order', 'unnest(places) c where c.run_id is null and app.rests_until(c) is null order');
select app.exchange_text('public.start_run', '  if cardinality(places) = 0 then
    return jsonb', '  if cardinality(places) = 0 and is_busy then return ''{"busy": true}''; end if;
  if cardinality(places) = 0 then
    return jsonb');
comment on function public.start_run is
  '{"client_id","service","stream"?,"partition"?,"cause":"manual","limit"?}: a run now, of all streams and partitions or of those named, but those that have an unfinished run or succeeded by hand in the last five minutes, of no more than limit; the rest is due with the next tick -> {"jobs":[as of claim_due]}, {"busy":true} while an unfinished run is all there is, or {"jobs":[],"why"}: "not_set_up", "disabled", "unreadable" (the workspace''s settings), "missing" (with "missing": names of keys), "no_part" (no such partition) or "just_synced" (with "again_in_secs": when all of it may be asked for again).';
