-- What is under way when settings are mended, or a limit is looked at, counts.

-- A run that began with the earlier key may fail after the tick that saw the new one: it is asked again as well.
alter table app.heartbeat add column settings_changed_at timestamptz;
select app.exchange_text('app.ask_refused_again', 'set settings = p_settings where',
  'set settings = p_settings, settings_changed_at = clock_timestamp() where');
-- An isolate of the Worker before may take up a run for some minutes more.
select app.exchange_text('app.plan_after_failure', 'set next_due_at = case when least_secs',
  'set next_due_at = case when new.error_kind in (''credentials'', ''configuration'')
        and new.started_at < (select h.settings_changed_at + interval ''5 minutes'' from app.heartbeat h)
      then least(c.next_due_at, clock_timestamp() + interval ''5 minutes'')
      when least_secs');

-- Calls differ in size: each that is under way counts with its own most, and so does one of which nobody knows what
-- became. Rows of before have none.
alter table public.ai_requests add column most_micros bigint;
comment on column public.ai_requests.most_micros is
  'What the call may cost at most, in millionths of USD: its whole text at a byte a token, and all the output it may give.';
create function app.keep_most() returns trigger language plpgsql set search_path = '' as $$
begin
  new.most_micros := old.most_micros;
  return new;
end
$$;
revoke all on function app.keep_most() from public, anon, authenticated;
grant execute on function app.keep_most() to service_role;
create trigger a_keep_most before update on public.ai_requests
  for each row when (new.most_micros is null) execute function app.keep_most();
select app.exchange_text('app.ai_spent_today', 'select r.client_id, r.cost_micros, r.requested_at',
  'select r.client_id, coalesce(r.cost_micros, r.most_micros) as cost_micros, r.requested_at');

-- A Worker that was stopped, or a queue that gave up, may have left what came of a request in R2 (docs/abi.md,
-- `action_end`): of one that had to be settled without an end it is looked for, for some ticks, since one may be cut off.
drop function app.settle_actions();
create function app.settle_actions() returns jsonb language sql set search_path = '' as $$
  update public.action_requests r set state = 'unknown', finished_at = clock_timestamp()
  from (select o.client_id, o.id from public.action_requests o
    where o.state = 'running' and o.requested_at < now() - interval '15 minutes'
    order by o.client_id, o.id for update skip locked) o
  where r.client_id = o.client_id and r.id = o.id;
  select coalesce(jsonb_agg(jsonb_build_object('job', 'action_end', 'workspace', w.slug,
    'object_key', format('actions/%s/%s/%s-end.json', r.client_id, r.service, r.id))), '[]')
  from public.action_requests r join public.workspaces w using (client_id)
  where r.state = 'unknown' and r.finished_at > now() - interval '20 minutes'
    and r.requested_at < r.finished_at - interval '15 minutes'
$$;
create index action_requests_unknown on public.action_requests (finished_at) where state = 'unknown';
revoke all on function app.settle_actions from public, anon, authenticated;
grant execute on function app.settle_actions to service_role;
select app.exchange_text('public.claim_due', 'claimed uuid[]', 'ends jsonb;
  claimed uuid[]');
select app.exchange_text('public.claim_due', 'perform app.settle_actions();', 'ends := app.settle_actions();');
select app.exchange_text('public.claim_due', '''deliveries'', app.open_deliveries(max_rows)',
  '''deliveries'', app.open_deliveries(max_rows), ''ends'', ends');
comment on function public.claim_due is
  '{"limit":50,"per_service":{"google_ads":4},"settings":digest of the Worker''s variables or absent,"service_settings":{"<slug> <service>" or " <service>":digest} or absent} -> {"jobs":[{"job":"sync","workspace","client_id","service","stream","partition","run_id"}],"deliveries":[{"job":"delivery","workspace","client_id","service","delivery_key","object_key","received_at"}],"ends":[{"job":"action_end","workspace","object_key"}]}: schedules that are due, runs recorded and not finished, receipts not applied, and where the outcome may lie of requests that nobody ended. At most limit of each of the first two kinds and per_service jobs of a service, workspaces taking turns. With another digest than before, what failed for its keys or settings is due, and what was refused to a service''s earlier keys when people asked counts no more. Safe to call twice at once.';
