-- Whom nobody is to wait for: threads come after all their mails, losses are found by their index, an account that ended.

-- A mail's trigger moves its thread on, and a delivery that holds a later mail wants that thread: so all mails
-- first, in the order of settle_email_messages.
drop trigger c_settle_sent_message on public.action_requests;
create or replace function app.settle_sent_message()
returns trigger language plpgsql set search_path = '' as $$
begin
  perform from public.email_messages m join ended e on e.client_id = m.client_id and e.id::text = m.id
  where e.service = 'sendgrid' and e.state = 'unknown' order by m.client_id, m.id for update of m;
  update public.email_messages m
  set state = 'unknown', failure_message = 'sendgrid: the Worker stopped before the outcome was stored'
  from ended e where e.service = 'sendgrid' and e.state = 'unknown'
    and m.client_id = e.client_id and m.id = e.id::text and m.direction = 'sent' and m.state = 'queued';
  return null;
end
$$;
create trigger c_settle_sent_message after update on public.action_requests
  referencing new table as ended for each statement execute function app.settle_sent_message();

create or replace function app.settle_actions() returns void language sql set search_path = '' as $$
  update public.action_requests r set state = 'unknown', finished_at = clock_timestamp()
  from (select o.client_id, o.id from public.action_requests o
    where o.state = 'running' and o.requested_at < now() - interval '15 minutes'
    order by o.client_id, o.id for update skip locked) o
  where r.client_id = o.client_id and r.id = o.id;
$$;

-- A time that stands still during a statement can be looked up in the index.
create or replace view app.lost_deliveries with (security_invoker = true) as
  select * from public.webhook_receipts r
  where (r.state in ('unreadable', 'failed') or (r.state = 'applied' and r.error is not null))
    and r.updated_at > statement_timestamp() - interval '3 days';

-- An account that tells a metric no more, a retired one or one whose permission is gone, would leave every further
-- day of the others unknown: after a week it is left out, as one that is read no more.
do $$
declare
  branch record;
begin
  for branch in select * from (values ('page_id', 'page'), ('account_id', 'instagram')) b (account, stream) loop
    perform app.exchange_text('public.daily_series', format('d.%s) as began', branch.account),
      format('d.%1$s) as began, max(d.day) over (partition by d.metric, d.%1$s) as ended,
        max(d.day) over (partition by d.metric) as newest', branch.account));
    perform app.exchange_text('public.daily_series',
      format('where m.%1$s in (select r.partition from reading r where r.stream = %2$L)
      or not exists (select from reading r where r.stream = %2$L)', branch.account, branch.stream),
      format('where m.ended > m.newest - 7
      and (m.%1$s in (select r.partition from reading r where r.stream = %2$L)
        or not exists (select from reading r where r.stream = %2$L))', branch.account, branch.stream));
  end loop;
end
$$;
