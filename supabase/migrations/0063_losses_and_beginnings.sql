-- What was lost is told for a week; what is switched on again is not late at once.

-- Three days end before whoever reads the cards is back from a long weekend; refused deliveries are told for a week too.
create or replace view app.lost_deliveries with (security_invoker = true) as
  select * from public.webhook_receipts r
  where (r.state in ('unreadable', 'failed') or (r.state = 'applied' and r.error is not null))
    and r.updated_at > statement_timestamp() - interval '7 days';
comment on function app.tell_of_delivery is
  'The webhook has failed for a week after one of its deliveries became unreadable, failed or was read in part; one of the first two, at most until it is read after all. Told is the last of them, and how many there are.';

-- What is switched on again begins anew: the days for which it was off are no silence of its own.
create function app.begin_again() returns trigger language plpgsql set search_path = '' as $$
begin
  new.detected_at := now();
  return new;
end
$$;
create trigger a_begin_again before update of enabled on public.service_facts
  for each row when (new.enabled and not old.enabled) execute function app.begin_again();
revoke all on function app.begin_again from public, anon, authenticated;
