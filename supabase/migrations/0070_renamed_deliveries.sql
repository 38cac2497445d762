-- The message of a delivery names its workspace as it was called then, too. What its keys could not fetch may be another
-- client's keys' answer: the tick asks again by the present name.
select app.exchange_text('public.mark_receipt', 'set state = p ->> ''state'', error', 'set state = case
      when p ->> ''state'' = ''failed'' and not exists (select from public.workspaces w where w.client_id = r.client_id
        and w.slug = coalesce(p ->> ''workspace'', w.slug)) then ''received'' else p ->> ''state'' end, error');
comment on function public.mark_receipt is
  '{"client_id","workspace"?: the slug whose keys were used,"service","delivery_key","state","error","kind"?: of the failure, else it is ours or of the data, "retry_secs"?: of one that stays received, until when no tick queues it} -> {"marked":bool}; false: no such receipt, or it is applied (which only "ignored" may follow). What failed by the keys of an earlier name stays received.';

-- An address in a page's URL has its @ as %40.
select app.exchange_text('app.is_impersonal', 'p_text !~ ''@''', 'p_text !~* ''@|%40''');
