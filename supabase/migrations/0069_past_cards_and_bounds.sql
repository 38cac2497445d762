-- What a workspace's cards showed at a time: the facts of then, for judge.

create function public.facts_at(p jsonb) returns jsonb language plpgsql stable set search_path = '' as $$
declare
  space public.workspaces;
  wanted text := p ->> 'at';
  at timestamptz;
  known_since timestamptz;
  rows jsonb;
begin
  select * into space from public.workspaces w where w.slug = p ->> 'workspace';
  if not found then
    return jsonb_build_object('unknown_workspace', true);
  end if;
  at := case when wanted is null then clock_timestamp()
    when wanted ~ ':\d\d.*([zZ]|[+-]\d\d(:?\d\d)?)$' then wanted::timestamptz
    else wanted::timestamp at time zone space.time_zone end;
  -- Of older states only the last is kept: what came between is not known any more.
  select case when count(*) > 0 then greatest(min(h.recorded_at), now() - interval '90 days') end into known_since
  from public.facts_history h where h.client_id = space.client_id;
  -- What the row itself says it has said since it changed last, also what history leaves out. A webhook's times are in
  -- history once an hour, and in the receipts each.
  select coalesce(jsonb_agg(state.facts order by part.service, part.stream, part.partition), '[]') into rows
  from (select distinct h.service, h.stream, h.partition
        from public.facts_history h where h.client_id = space.client_id) part
    cross join lateral (select coalesce(
      (select jsonb_strip_nulls(to_jsonb(f)) from public.service_facts f
       where (f.client_id, f.service, f.stream, f.partition)
           = (space.client_id, part.service, part.stream, part.partition) and f.updated_at <= at),
      (select h.facts || case when h.stream = 'webhook' and h.facts <> '{}' then (
           select jsonb_strip_nulls(jsonb_build_object(
             'last_event_at', greatest((h.facts ->> 'last_event_at')::timestamptz, max(r.received_at)),
             'last_success_at', greatest((h.facts ->> 'last_success_at')::timestamptz, max(r.received_at))))
           from public.webhook_receipts r
           where r.client_id = h.client_id and r.service = h.service and r.source = 'delivered'
             and r.state in ('applied', 'ignored') and r.received_at between at - interval '1 hour' and at)
         else '{}' end
       from public.facts_history h
       where (h.client_id, h.service, h.stream, h.partition)
           = (space.client_id, part.service, part.stream, part.partition) and h.recorded_at <= at
       order by h.recorded_at desc, h.id desc limit 1)) as facts) state
  where state.facts <> '{}';
  return jsonb_build_object('name', space.name, 'time_zone', space.time_zone, 'at', at,
    'known_since', known_since, 'facts', rows);
end
$$;
comment on function public.facts_at is
  '{"workspace": slug,"at"?: time, without an offset in the workspace''s zone; else now} -> {"name","time_zone","at","known_since": no state before it is known, null: none,"facts": rows as service_facts had them then; of states before the present one without what only says that a run goes on} or {"unknown_workspace":true}.';
revoke all on function public.facts_at from public, anon, authenticated;
grant execute on function public.facts_at to service_role;

-- The message of a sync names its workspace as it was called then, and the Worker takes the keys by that name: they may be
-- another client's by now, whose rows would come to this one. The tick queues the run again by the present name.
select app.exchange_text('public.take_lease', '  select * into place from', '  if not exists (select from public.workspaces w where w.client_id = run.client_id
    and w.slug = coalesce(p ->> ''workspace'', w.slug)) then
    return app.not_granted(''renamed'');
  end if;
  select * into place from');
comment on function public.take_lease is
  '{"run_id","workspace"?: the slug whose keys are taken,"lease_secs"} -> {"granted":true,"lease","client_id","service","stream","partition","cursor":{}|null,"pages","attempt","facts"} or {"granted":false,"why":"busy"|"finished"|"unknown"|"disabled"|"renamed"}. Of many at once exactly one is granted.';

-- Whoever has got hold of one user's token would else send as many mails as SendGrid lets them, from the client's address.
select app.exchange_text('public.begin_action', '  known public.action_requests;
', '  known public.action_requests;
  is_new constant boolean := not exists (select from public.action_requests r
    where r.client_id = (p ->> ''client_id'')::uuid and r.id = (p ->> ''id'')::uuid);
');
select app.exchange_text('public.begin_action', '  if p ->> ''seen'' is not null and not exists (select from public.action_requests r
    where r.client_id = (p ->> ''client_id'')::uuid and r.id = (p ->> ''id'')::uuid)
  then', '  if is_new and (select count(*) from public.action_requests r where r.client_id = (p ->> ''client_id'')::uuid
    and r.service = p ->> ''service'' and r.requested_at > now() - interval ''1 hour'') >= 200
  then
    return ''{"begun": false, "state": "too_many"}'';
  end if;
  if is_new and p ->> ''seen'' is not null then');
comment on function public.begin_action is
  '{"client_id","id","begun_by","service","action","user_id","tables","seen"?: of ai_facts} -> {"begun":true}, also when the same begun_by asks again, or {"begun":false,"state"} for an id that another used, for a service that is switched off ("disabled"), of which this workspace had 200 requests within an hour ("too_many": those begun at the same moment may pass) and when more was spent or begun than was seen ("changed"): nothing is written then.';

-- Google Ads may answer a good question with nothing at all, and that turned three months into zeros. It leaves days out
-- on which all was zero, so of a day of which nothing came the rows are still withdrawn, but not when the whole scan
-- brought none.
select app.exchange_text('app.withdraw_unread_rows', 'if since is null or', 'if since is null or (new.cursor ->> ''run_rows'')::bigint = 0 or');
comment on function app.add_reread_report is
  'A sync target with a column "day" that a scan of the stream reads whole. p_place: SQL that is true of the rows of the partition $1; with client_id and day it is a prefix of the key. p_withdrawn: what the columns of a row say that is no longer told. p_rows_cut: a day of so many rows is told in part, or in pages between which rows may slip, and one of no rows not at all, so none is withdrawn; null: of a day that is told with no rows all are, unless the scan brought none at all.';

-- Told with each delivery: of very many it is enough that they are many, and once an hour.
select app.exchange_text('app.tell_of_delivery', '  from app.lost_deliveries r
  where r.client_id = new.client_id and r.service = new.service
  order by r.updated_at desc limit 1;', '  from (select * from app.lost_deliveries l
    where l.client_id = new.client_id and l.service = new.service
    order by l.updated_at desc limit 1000) r
  order by r.updated_at desc limit 1;');
select app.exchange_text('app.tell_of_delivery', 'else lost.number || '' deliveries could',
  'else case when lost.number = 1000 then ''at least '' else '''' end || lost.number || '' deliveries could');
select app.exchange_text('app.record_facts', '
    || case when tg_op = ''UPDATE'' and old.bad_signatures >= 10 and new.bad_signatures >= 10
      then array[''bad_signatures'', ''refused'', ''last_bad_signature_at''] else ''{}'' end;', ';');
select app.exchange_text('app.record_facts', '''usual_gap_secs''];', '''usual_gap_secs'']
    || case when tg_op = ''UPDATE'' and old.failure_kind is not distinct from new.failure_kind
      then array[''failures'', ''failure_message'', ''failed_at''] else ''{}'' end
    || case when tg_op = ''UPDATE'' and old.bad_signatures >= 10 and new.bad_signatures >= 10
      then array[''bad_signatures'', ''refused'', ''last_bad_signature_at''] else ''{}'' end;');
comment on table public.facts_history is
  'States that a service_facts row had in the last 90 days, append-only: "what did this card show last Tuesday at 9:00" (facts_at). What only says that a run goes on is not recorded, and of what each delivery moves (the times of a webhook, how many of its deliveries failed or were refused) once an hour the state of then. facts {}: the row was removed. Of older ones the last is kept: it was still in force.';
select app.exchange_text('app.open_deliveries', 'and not app.has_unreadable_settings(o.client_id)
    for update skip locked);', 'and not app.has_unreadable_settings(o.client_id)
    order by o.received_at limit p_limit
    for update skip locked);');

-- Counted once of what may be a million events.
select app.exchange_text('app.reconcile_email', '  stream text;
', '  stream text;
  missed bigint;
');
select app.exchange_text('app.reconcile_email', '    foreach stream in', '    missed := app.email_missed(client);
    foreach stream in');
select app.exchange_text('app.reconcile_email', '''reconciled_missed'', app.email_missed(client)', '''reconciled_missed'', missed');

-- A key that was taken out is not the one to be put right: of those that refused, the present ones come first.
select app.exchange_text('app.most_refused', 'order by r.value::int desc, r.key limit 1;', 'order by coalesce((select r.key = any (s.present_keys) from public.service_facts s
    where s.client_id = new.client_id and s.service = new.service and s.stream = '''' and s.partition = ''''), true) desc,
    r.value::int desc, r.key limit 1;');

-- A sign-in that is about to end, or has ended, is asked for again with new settings: it may be another one by now.
select app.exchange_text('app.ask_refused_again', 'where f.failure_kind in (''credentials'', ''configuration'') and o.next_due_at > now()',
  'where (f.failure_kind in (''credentials'', ''configuration'') or f.credentials_expire_at < now() + interval ''10 days'')
      and o.next_due_at > now()');
