-- What becomes of a mail that was sent: worked out from its events, which come late, twice, in any
-- order, and sometimes before the answer to the sending itself.

-- How each recipient fared, and of them the one who is worst off. An open or a click says that the
-- mail arrived, should that event have been lost. https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
create function app.email_outcome(p_client uuid, p_id text, p_message_id text,
  out state text, out smtp_id text, out message_id text)
language sql stable set search_path = '' as $$
  with told as (
    select e.email, e.smtp_id, nullif(e.message_id, '') as message_id, case
        when e.event = 'bounce' and e.bounce_type = 'blocked' then 4
        when e.event = 'bounce' then 6
        when e.event = 'dropped' then 5
        when e.event in ('delivered', 'open', 'click', 'spamreport', 'unsubscribe',
          'group_unsubscribe', 'group_resubscribe') then 3
        when e.event = 'deferred' then 2
        when e.event = 'processed' then 1 end as stage
    from public.email_events e
    where e.client_id = p_client
      and (e.own_message_id = p_id or e.message_id = nullif(p_message_id, ''))),
  recipients as (select max(t.stage) as stage from told t where t.stage is not null group by t.email)
  select (array['sent', 'deferred', 'delivered', 'blocked', 'dropped', 'bounced'])[
      (select r.stage from recipients r order by case r.stage when 3 then 0 else r.stage end desc limit 1)],
    (select min(t.smtp_id) from told t), (select min(t.message_id) from told t)
$$;
comment on function app.email_outcome is
  'What the events say of a sent message: bounced, dropped, blocked, deferred, sent or delivered (in this order, of its recipients the worst); null while there are none. smtp_id and message_id as they name it.';

-- Whoever writes a sent message writes what they know; the events know better. As each row is
-- written under its lock, two writers at once end in the same state.
create function app.keep_email_outcome() returns trigger
language plpgsql set search_path = '' as $$
declare
  outcome record;
begin
  if new.direction <> 'sent' then return new; end if;
  select * into outcome from app.email_outcome(new.client_id, new.id, new.message_id);
  new.state := coalesce(outcome.state, new.state);
  new.smtp_id := coalesce(new.smtp_id, outcome.smtp_id);
  new.message_id := coalesce(new.message_id, outcome.message_id);
  return new;
end
$$;
create trigger a_outcome before insert or update on public.email_messages
  for each row execute function app.keep_email_outcome();

-- First the locks, in one order for all; what is read after them is the newest that was committed.
create function app.settle_email_messages() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform from public.email_messages m
  where m.direction = 'sent' and exists (select from told t where t.client_id = m.client_id
    and (t.own_message_id = m.id or t.message_id <> '' and t.message_id = m.message_id))
  order by m.client_id, m.id for update;
  update public.email_messages m set updated_at = clock_timestamp()
  from (select distinct s.client_id, s.id, s.state, s.smtp_id, s.message_id
    from told t join public.email_messages s on s.client_id = t.client_id and s.direction = 'sent'
      and (t.own_message_id = s.id or t.message_id <> '' and t.message_id = s.message_id)) s,
    lateral app.email_outcome(s.client_id, s.id, s.message_id) o
  where m.client_id = s.client_id and m.id = s.id
    and (coalesce(o.state, s.state) <> s.state or s.smtp_id is null and o.smtp_id is not null
      or s.message_id is null and o.message_id is not null);
  return null;
end
$$;
create trigger settle_inserted after insert on public.email_events
  referencing new table as told for each statement execute function app.settle_email_messages();
create trigger settle_updated after update on public.email_events
  referencing new table as told for each statement execute function app.settle_email_messages();

-- A thread's row is written once, by what began it; what follows moves it on. Mail that no human
-- wrote does not open it again.
create function app.move_email_threads() returns trigger
language plpgsql set search_path = '' as $$
begin
  update public.email_threads t set last_message_at = n.sent_at, last_direction = n.direction,
    state = case when n.direction = 'received' and not coalesce(n.is_auto_reply, false) then 'open'
      else t.state end,
    updated_at = clock_timestamp()
  from (select distinct on (a.client_id, a.thread_id) a.* from added a
    order by a.client_id, a.thread_id, a.sent_at desc) n
  where t.client_id = n.client_id and t.id = n.thread_id and n.sent_at > t.last_message_at;
  return null;
end
$$;
create trigger move_threads after insert on public.email_messages
  referencing new table as added for each statement execute function app.move_email_threads();

create index email_events_by_kind on public.email_events (client_id, event, occurred_at);

-- SendGrid lists no events, so nobody can say which one is missing. Its daily totals say how many
-- there were: compared over the last week, but for the two days in which it still tries to deliver
-- them. A kind of event counts from the day after its first: others may not be switched on.
create function app.email_missed(p_client uuid) returns int
language sql stable set search_path = '' as $$
  with kinds (kind, event) as (
    values ('processed', 'processed'), ('delivered', 'delivered'), ('bounces', 'bounce'), ('blocks', 'bounce')),
  since as (
    select k.kind, k.event, (select (min(e.occurred_at) at time zone 'UTC')::date from public.email_events e
      where e.client_id = p_client and e.event = k.event) as day
    from kinds k),
  totals as (
    select s.day, v.kind, v.total from public.email_stats_daily s
    cross join lateral (values ('processed', s.processed), ('delivered', s.delivered),
      ('bounces', s.bounces), ('blocks', s.blocks)) v (kind, total)
    where s.client_id = p_client and s.day > (now() at time zone 'UTC')::date - 9
      and s.day < (now() at time zone 'UTC')::date - 1)
  select coalesce(sum(greatest(0, t.total - (select count(*) from public.email_events e
    where e.client_id = p_client and e.event = c.event
      and e.occurred_at >= t.day::timestamp at time zone 'UTC'
      and e.occurred_at < (t.day + 1)::timestamp at time zone 'UTC'
      and (c.event <> 'bounce' or (e.bounce_type is not distinct from 'blocked') = (c.kind = 'blocks'))))), 0)::int
  from totals t join since c using (kind) where t.day > c.day
$$;
comment on function app.email_missed is
  'How many events of the last days SendGrid counted and did not deliver. Days are UTC, as SendGrid''s are unless the account was set otherwise.';

-- Whenever new totals come in, the webhook is judged by them.
create function app.reconcile_email() returns trigger
language plpgsql set search_path = '' as $$
declare
  client uuid;
  stream text;
begin
  for client in select distinct t.client_id from told t
    where exists (select from public.email_events e where e.client_id = t.client_id) order by 1
  loop
    foreach stream in array array['stats', 'webhook'] loop
      perform app.merge_facts(client, 'sendgrid', stream, '', jsonb_build_object(
        'reconciled_missed', app.email_missed(client), 'reconciled_at', clock_timestamp()));
    end loop;
  end loop;
  return null;
end
$$;
create trigger reconcile_inserted after insert on public.email_stats_daily
  referencing new table as told for each statement execute function app.reconcile_email();
create trigger reconcile_updated after update on public.email_stats_daily
  referencing new table as told for each statement execute function app.reconcile_email();

-- What the action `email` must know of the thread that it goes on with.
create function public.email_context(p jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'thread', (select jsonb_build_object('id', t.id, 'subject', t.subject, 'contact_email', t.contact_email)
      from public.email_threads t
      where t.client_id = (p ->> 'client_id')::uuid and t.id = p #>> '{input,thread_id}'),
    'smtp_ids', (select coalesce(jsonb_agg(m.smtp_id order by m.sent_at, m.id), '[]')
      from (select s.smtp_id, s.sent_at, s.id from public.email_messages s
        where s.client_id = (p ->> 'client_id')::uuid and s.thread_id = p #>> '{input,thread_id}'
          and s.smtp_id is not null
        order by s.sent_at desc, s.id desc limit 10) m))
$$;
comment on function public.email_context is
  '{"client_id","input":{"thread_id"?}} -> {"thread":{"id","subject","contact_email"} or null,"smtp_ids":[the last ten, the newest last]}.';

comment on table public.email_messages is
  'One message. id: ours, also in custom_args. state: open list; queued, sent, unknown or failed until events tell of it (app.email_outcome), then deferred, delivered, blocked, dropped or bounced; received. to_emails, cc_emails: [{"email","name"}]. sent_by: the user. object_key: the raw bytes in R2. Bodies are UTF-8, whatever charset they came in; HTML is as received and not safe to show.';
comment on column public.email_events.custom_args is
  'Custom arguments, and whatever else of the event has no column of its own.';

revoke all on function app.email_outcome, app.keep_email_outcome, app.settle_email_messages,
  app.move_email_threads, app.email_missed, app.reconcile_email from public, anon, authenticated;
grant execute on function app.email_outcome, app.keep_email_outcome, app.settle_email_messages,
  app.move_email_threads, app.email_missed, app.reconcile_email to service_role;
revoke all on function public.email_context(jsonb) from public, anon, authenticated;
grant execute on function public.email_context(jsonb) to service_role;
