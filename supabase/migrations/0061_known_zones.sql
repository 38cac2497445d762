-- What a provider names is taken as it is, and stops nothing else.

-- An account's zone that this Postgres does not know (its list may be older than the provider's) took the charts of every
-- service with it. Users read the series as themselves, so they may execute this.
create function app.known_zone(p_zone text) returns text language plpgsql stable set search_path = '' as $$
begin
  perform now() at time zone p_zone;
  return p_zone;
exception when invalid_parameter_value then
  return null;
end
$$;
comment on function app.known_zone is 'The zone, or null when it is none.';
revoke all on function app.known_zone from public, anon;
grant execute on function app.known_zone to authenticated, service_role;
select app.exchange_text('public.daily_series', 'select l.time_zone from zone z', 'select app.known_zone(l.time_zone) as time_zone from zone z');
select app.exchange_text('public.daily_series', 'order by z.at at time zone l.time_zone limit 1',
  'order by z.at at time zone app.known_zone(l.time_zone) limit 1');
