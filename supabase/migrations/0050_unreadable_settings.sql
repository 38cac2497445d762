-- Deliveries that were taken wait while their workspace's settings cannot be read: no Worker may use its keys.
create function app.has_unreadable_settings(p_client uuid) returns boolean
language sql stable set search_path = '' as $$
  select exists (select from public.workspaces w
    where w.client_id = p_client and w.configuration_problem is not null)
$$;
revoke all on function app.has_unreadable_settings(uuid) from public, anon, authenticated;
grant execute on function app.has_unreadable_settings(uuid) to service_role;
select app.exchange_text('app.open_deliveries',
  'where r.state = ''received'' and r.received_at < long_ago and r.tries >= 8',
  'where r.state = ''received'' and r.received_at < long_ago and r.tries >= 8
    and not app.has_unreadable_settings(r.client_id)');
select app.exchange_text('app.open_deliveries', 'where o.state = ''received'' and (o.retry_at',
  'where o.state = ''received'' and not app.has_unreadable_settings(o.client_id) and (o.retry_at');
select app.exchange_text('public.record_dead_letter',
  'and r.delivery_key = message ->> ''delivery_key'' and r.state = ''received'' and r.received_at < long_ago',
  'and r.delivery_key = message ->> ''delivery_key'' and r.state = ''received'' and r.received_at < long_ago
      and not app.has_unreadable_settings(r.client_id)');
