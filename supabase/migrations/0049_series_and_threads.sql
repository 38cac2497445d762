-- Series that say what was so, and threads that know who wrote last.

-- What is not captured of a charge Stripe counts as refunded: the rest of a partial capture, all of a hold that was
-- given back. https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
select app.exchange_text('public.daily_series', 'then coalesce(c.amount_captured, c.amount) - coalesce(c.amount_refunded, 0) else 0 end::numeric',
  'then least(coalesce(c.amount_captured, c.amount), c.amount - coalesce(c.amount_refunded, 0)) else 0 end::numeric');
-- Refunds and disputes are lists of their own, which a key may not read although it reads charges: a day without one
-- is known by them. They begin where the charges do.
select app.exchange_text('public.daily_series', '''Refunds'', ''count'', ''sum'', ''charges''',
  '''Refunds'', ''count'', ''sum'', ''refunds''');
select app.exchange_text('public.daily_series', '''Disputes'', ''count'', ''sum'', ''charges''',
  '''Disputes'', ''count'', ''sum'', ''disputes''');
select app.exchange_text('public.daily_series', 'case when d.stream is not null and i.day >= d.first_day then 0 end',
  'case when d.read_at is not null and i.day >= d.first_day then 0 end');
-- And a property begins where it does, not where an older one did.
select app.exchange_text('public.daily_series', 'over (partition by s.service, s.stream) as first_day',
  'over (partition by s.service, case s.service when ''stripe'' then '''' else s.stream end, f.of) as first_day');

-- Whatever date a mail from outside has, it is news: its clock may be slow, or it may have been long on its way. What
-- we write moves the thread once it has left, and not when it was refused.
create or replace function app.move_email_threads() returns trigger
language plpgsql set search_path = '' as $$
declare
  moved public.email_messages[];
begin
  if tg_op = 'INSERT' then
    select array_agg(a) into moved from added a
    where a.direction = 'received' or a.state not in ('queued', 'failed');
  else
    select array_agg(a) into moved from added a join before b using (client_id, id)
    where b.state = 'queued' and a.state not in ('queued', 'failed');
  end if;
  update public.email_threads t set last_message_at = greatest(t.last_message_at, n.sent_at),
    last_direction = n.direction,
    state = case when n.direction = 'received' and not coalesce(n.is_auto_reply, false) then 'open'
      else t.state end,
    updated_at = clock_timestamp()
  from (select distinct on (m.client_id, m.thread_id) m.* from unnest(moved) m
    order by m.client_id, m.thread_id, m.sent_at desc) n
  where t.client_id = n.client_id and t.id = n.thread_id
    and (n.direction = 'received' or n.sent_at > t.last_message_at);
  return null;
end
$$;
create trigger move_threads_on after update on public.email_messages
  referencing old table as before new table as added
  for each statement execute function app.move_email_threads();

-- A mail that is read again stays in its thread (0028): the one that it would have begun is none.
create function app.refuse_thread_of_moved_mail() returns trigger
language plpgsql set search_path = '' as $$
begin
  if exists (select from public.email_messages m
    where m.client_id = new.client_id and m.id = new.id and m.thread_id <> new.id) then return null; end if;
  return new;
end
$$;
revoke all on function app.refuse_thread_of_moved_mail() from public, anon, authenticated;
grant execute on function app.refuse_thread_of_moved_mail() to service_role;
create trigger a_refuse_empty before insert on public.email_threads
  for each row execute function app.refuse_thread_of_moved_mail();
