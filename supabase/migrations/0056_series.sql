-- Daily series: payments under way count, series of several currencies are told apart, a day is over where all accounts are.

-- A debit (SEPA, ACH, Bacs) is pending for days, and mostly succeeds: left out, the newest days would look like a fall. What
-- does not get on for a month was not heard of again.
select app.exchange_text('public.daily_series', 'case when c.status = ''succeeded''
          then', 'case when c.status = ''pending'' and c.created > z.at - interval ''30 days'' then c.amount
          when c.status = ''succeeded'' then');
select app.exchange_text('public.daily_series', '(c.status = ''succeeded'')::int)',
  '(c.status = ''succeeded'' or (c.status = ''pending'' and c.created > z.at - interval ''30 days''))::int)');

-- Of one service there may be amounts in several currencies.
select app.exchange_text('public.daily_series', 'd.service, d.label, d.kind', 'd.service,
      d.label || case when d.unit in (''money'', ''micros'') and count(*) over (partition by d.metric) > 1
        then '' ('' || upper(d.part) || '')'' else '''' end as label, d.kind');

-- The accounts' days are added up, so the last zone to end a day is waited for: of those that are read, the one behind.
select app.exchange_text('public.daily_series', 'select c.time_zone from zone z join public.google_ads_campaign_daily c on c.client_id = z.client_id
      and c.day >= z.since where c.time_zone is not null order by c.day desc limit 1)',
  'select l.time_zone from zone z, (select distinct on (c.customer_id) c.time_zone
      from zone z join public.google_ads_campaign_daily c on c.client_id = z.client_id and c.day >= z.since
      where c.time_zone is not null
        and (c.customer_id in (select r.partition from reading r where r.stream = ''campaigns'')
          or not exists (select from reading r where r.stream = ''campaigns''))
      order by c.customer_id, c.day desc) l
    order by z.at at time zone l.time_zone limit 1)');
