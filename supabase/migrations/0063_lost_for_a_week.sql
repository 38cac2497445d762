-- What was lost is told for a week: three days end before whoever reads the cards is back from a long weekend.

-- As long as refused deliveries and what people asked for in vain are on a card (shared/domain/judge_stream.cpp).
create or replace view app.lost_deliveries with (security_invoker = true) as
  select * from public.webhook_receipts r
  where (r.state in ('unreadable', 'failed') or (r.state = 'applied' and r.error is not null))
    and r.updated_at > statement_timestamp() - interval '7 days';
comment on function app.tell_of_delivery is
  'The webhook has failed for a week after one of its deliveries became unreadable, failed or was read in part; one of the first two, at most until it is read after all. Told is the last of them, and how many there are.';
