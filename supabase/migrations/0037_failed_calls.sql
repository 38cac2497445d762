-- What costs the provider much is asked again less often, and a refund that failed is none.

-- A stream that is read once a week (PageSpeed, a minute of Lighthouse for each call) is asked again after a
-- failure of the provider's in seven hours, a daily one in one: a 24th of its rhythm.
create or replace function app.plan_after_failure() returns trigger
language plpgsql set search_path = '' as $$
begin
  update public.sync_cursors c
  set next_due_at = case when new.error_kind in ('provider', 'rate_limit')
      then least(c.next_due_at, clock_timestamp() + make_interval(secs => greatest(3600, c.every_secs / 24)))
      else c.next_due_at end,
    cursor = case when new.pages = 0 and new.error_kind not in ('rate_limit', 'credentials', 'configuration')
      then c.cursor || '{"stuck": true}' else c.cursor end
  where c.client_id = new.client_id and c.service = new.service
    and c.stream = new.stream and c.partition = new.partition;
  return null;
end
$$;

-- The series "Refunds"; the rest of the function stays as it is.
do $$
declare
  body constant text := pg_get_functiondef('public.daily_series'::regproc);
  counted constant text := 'from public.stripe_refunds r
      where r.client_id = z.client_id';
begin
  if position(counted in body) = 0 then raise exception 'daily_series does not count refunds as expected'; end if;
  execute replace(body, counted, counted || '
        and r.status is distinct from ''failed'' and r.status is distinct from ''canceled''');
end
$$;
