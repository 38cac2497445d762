-- A clock that ran ahead once: what it wrote is told as a wrong clock, and gives way to what comes after it.

create function app.not_ahead(at timestamptz) returns timestamptz
language sql volatile set search_path = '' as $$
  select case when at <= clock_timestamp() + interval '5 minutes' then at end
$$;
comment on function app.not_ahead is 'The time, unless it is still to come: null. Workers'' clocks may differ by minutes.';
revoke all on function app.not_ahead from public, anon, authenticated;
grant execute on function app.not_ahead to service_role;

select app.exchange_text('app.merge_webhook_facts', format('greatest(stored.%I, ', name),
  format('greatest(app.not_ahead(stored.%I), ', name))
from unnest(array['last_event_at', 'newest_row_at', 'last_success_at', 'last_attempt_at']) name;
select app.exchange_text('public.end_action', 'if stored.last_attempt_at > ', 'if app.not_ahead(stored.last_attempt_at) > ');

comment on function public.record_receipt is
  '{"workspace":slug,"service","delivery_key","object_key","event_type","readable","key": name of the one that proved it,"error"?: why it is not readable} -> {"new","state": before this call, of a new one after it,"client_id"} or {"unknown_workspace":true}. Of many at once exactly one is new. A failed one is received again. A good delivery ends the row of those that the same key refused.';
