-- A delivery that cannot be applied yet waits as runs do: as long as the provider asks, longer each time, and not
-- for ever.

alter table public.webhook_receipts
  add tries int not null default 0,
  add retry_at timestamptz,
  add error_kind text;
comment on column public.webhook_receipts.tries is 'How often a tick has queued it again.';
comment on column public.webhook_receipts.retry_at is 'Until when it waits for the provider. Null: it does not.';
comment on column public.webhook_receipts.error_kind is 'Of `error`, where the Worker knows it.';

create function app.forget_tries() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.tries := 0;
  new.retry_at := null;
  return new;
end
$$;
revoke all on function app.forget_tries() from public, anon, authenticated;
grant execute on function app.forget_tries() to service_role;
create trigger a_forget_tries before update of state on public.webhook_receipts
  for each row when (new.state = 'received' and old.state <> 'received')
  execute function app.forget_tries();

create or replace function public.mark_receipt(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
begin
  update public.webhook_receipts r set state = p ->> 'state', error = p ->> 'error', error_kind = p ->> 'kind',
    retry_at = clock_timestamp() + make_interval(secs => (p ->> 'retry_secs')::int)
  where r.client_id = (p ->> 'client_id')::uuid and r.service = p ->> 'service'
    and r.delivery_key = p ->> 'delivery_key' and (r.state <> 'applied' or p ->> 'state' = 'ignored');
  return jsonb_build_object('marked', found);
end
$$;
comment on function public.mark_receipt is
  '{"client_id","service","delivery_key","state","error","kind"?: of the failure, else it is ours or of the data, "retry_secs"?: of one that stays received, until when no tick queues it} -> {"marked":bool}; false: no such receipt, or it is applied (which only "ignored" may follow).';

-- What is not applied comes again after 2 minutes, then 4, 8 and so on to 2 hours. One that stops every Worker
-- that reads it must not stop them without end.
create or replace function app.open_deliveries(p_limit int)
returns jsonb language plpgsql volatile set search_path = '' as $$
declare
  long_ago constant timestamptz := now() - interval '6 hours';
  jobs jsonb;
begin
  update public.webhook_receipts r set state = 'failed',
    error = coalesce(r.error, 'no Worker came to its end with this delivery in six hours')
  where r.state = 'received' and r.received_at < long_ago and r.tries >= 8;
  with again as (
    update public.webhook_receipts r set tries = r.tries + 1
    where (r.client_id, r.service, r.delivery_key) in (
      select o.client_id, o.service, o.delivery_key from public.webhook_receipts o
      where o.state = 'received' and (o.retry_at is null or o.retry_at <= now())
        and o.updated_at < now() - least(interval '2 minutes' * 2 ^ least(o.tries, 6), interval '2 hours')
      order by o.updated_at limit p_limit
      for update skip locked)
    returning r.*)
  select coalesce(jsonb_agg(jsonb_build_object('job', 'delivery', 'workspace', w.slug,
    'client_id', a.client_id, 'service', a.service, 'delivery_key', a.delivery_key,
    'object_key', a.object_key)), '[]') into jobs
  from again a join public.workspaces w using (client_id);
  return jobs;
end
$$;

-- Puts other text into a function, for a migration that changes a line of a long one: the rest stays as it is.
create function app.exchange_text(p_function regproc, p_from text, p_to text) returns void
language plpgsql set search_path = '' as $$
declare
  body constant text := pg_catalog.pg_get_functiondef(p_function);
begin
  if position(p_from in body) = 0 then raise exception '% has no: %', p_function, p_from; end if;
  execute replace(body, p_from, p_to);
end
$$;
revoke all on function app.exchange_text from public, anon, authenticated, service_role;

select app.exchange_text('app.tell_of_delivery', 'case new.state when ''unreadable'' then ''data'' else ''ours'' end',
      'coalesce(new.error_kind, case new.state when ''unreadable'' then ''data'' else ''ours'' end)');
-- The first reconciliation reads what was there before anybody was to deliver it.
select app.exchange_text('app.apply_run_page', 'perform app.tell_reconciliation(run, untold);',
      'perform app.tell_reconciliation(run,
        case when place.cursor ->> ''covered_until'' is null then 0 else untold end);');
-- Strangers may send what they like: from the tenth wrong signature in a row on, more of them say nothing new.
select app.exchange_text('app.record_facts', '''last_attempt_at'', ''running_since'', ''newest_row_at'']',
      '''last_attempt_at'', ''running_since'', ''newest_row_at'']
    || case when tg_op = ''UPDATE'' and old.bad_signatures >= 10 and new.bad_signatures >= 10
      then array[''bad_signatures'', ''last_bad_signature_at''] else ''{}'' end');

comment on function public.count_rows is
  '{"client_id"} -> {"counts":{table: rows of this workspace}}: as many tables as fit into three seconds.';
