-- What is added up over parts, and losses that come late.
--
-- Daily series: Google Ads' and Cloudflare's are added up over accounts, Workers and zones, as Meta's over Pages. One that
-- is not read with the others any more, or was taken away, counts on no day: its silence is no fall, and the others'
-- days are known without it.
select app.exchange_text('public.daily_series',
  'where f.service = ''meta'' and f.stream in (''page'', ''instagram'') and f.last_success_at is not null) f',
  'where (f.service, f.stream) in (values (''meta'', ''page''), (''meta'', ''instagram''), (''google_ads'', ''campaigns''),
          (''google_ads'', ''conversions''), (''cloudflare'', ''workers''), (''cloudflare'', ''zone''))
        and f.last_success_at is not null) f');
select app.exchange_text('public.daily_series', 'reading (stream, partition, read_at) as (
    select f.stream, f.partition, f.last_success_at
    from (select f.*,', 'reading (service, stream, partition, read_at) as (
    select f.service, f.stream, case f.service when ''google_ads'' then regexp_replace(f.partition, ''\D'', '''', ''g'')
      else f.partition end, f.last_success_at
    from (select f.*,');
select app.exchange_text('public.daily_series',
  'on c.client_id = z.client_id and c.day >= z.since,
      lateral (values (''google_ads.cost''',
  'on c.client_id = z.client_id and c.day >= z.since
      and (c.customer_id in (select r.partition from reading r where r.stream = ''campaigns'')
        or not exists (select from reading r where r.stream = ''campaigns'')),
      lateral (values (''google_ads.cost''');
select app.exchange_text('public.daily_series',
  'public.google_ads_conversions_daily c on c.client_id = z.client_id and c.day >= z.since
    group by c.day',
  'public.google_ads_conversions_daily c on c.client_id = z.client_id and c.day >= z.since
    where c.customer_id in (select r.partition from reading r where r.stream = ''conversions'')
      or not exists (select from reading r where r.stream = ''conversions'')
    group by c.day');
select app.exchange_text('public.daily_series',
  'and h.hour >= z.since::timestamp at time zone ''UTC'',',
  'and h.hour >= z.since::timestamp at time zone ''UTC''
      and (h.script_name in (select r.partition from reading r where r.stream = ''workers'')
        or not exists (select from reading r where r.stream = ''workers'')),');
select app.exchange_text('public.daily_series',
  'on d.client_id = z.client_id and d.day >= z.since,
      lateral (values (''cloudflare.zone_requests''',
  'on d.client_id = z.client_id and d.day >= z.since
      and (d.zone_id in (select r.partition from reading r where r.stream = ''zone'')
        or not exists (select from reading r where r.stream = ''zone'')),
      lateral (values (''cloudflare.zone_requests''');
select app.exchange_text('public.daily_series', 'from zone z join public.service_facts f using (client_id)
    where f.last_success_at is not null),',
  'from zone z join public.service_facts f using (client_id)
    where f.last_success_at is not null and f.service not in (select r.service from reading r)
    union all
    select r.* from reading r),');

-- Where there are real payments, those of Stripe's test mode are none: a workspace that was tried out first.
select app.exchange_text('public.daily_series', 'at time zone w.time_zone as since_at
    from', 'at time zone w.time_zone as since_at,
      exists (select from public.stripe_charges c where c.client_id = w.client_id and c.livemode) as has_live
    from');
select app.exchange_text('public.daily_series',
  'public.stripe_charges c on c.client_id = z.client_id and c.created >= z.since_at,',
  'public.stripe_charges c on c.client_id = z.client_id and c.created >= z.since_at
      and not (z.has_live and c.livemode is false),');
select app.exchange_text('public.daily_series', '''canceled'' and r.created >= z.since_at',
  '''canceled'' and r.created >= z.since_at
        and not (z.has_live and exists (select from public.stripe_charges c
          where c.client_id = r.client_id and c.id = r.charge and c.livemode is false))');
select app.exchange_text('public.daily_series', 'where d.client_id = z.client_id and d.created >= z.since_at)',
  'where d.client_id = z.client_id and d.created >= z.since_at and not (z.has_live and d.livemode is false))');

-- The three days for which a loss is told begin with it: a delivery may have waited for days before it failed, or be
-- sent again weeks after it came.
-- 0046 gave all receipts its own time.
alter table public.webhook_receipts disable trigger b_touch;
update public.webhook_receipts r set updated_at = r.received_at
where r.state = 'applied' and r.error is not null and r.received_at < now() - interval '3 days';
alter table public.webhook_receipts enable trigger b_touch;
drop index public.webhook_receipts_not_taken;
create index webhook_receipts_not_taken on public.webhook_receipts (client_id, service, updated_at)
  where state in ('unreadable', 'failed') or (state = 'applied' and error is not null);
select app.exchange_text('app.tell_of_delivery', 'r.received_at > clock_timestamp()', 'r.updated_at > clock_timestamp()');
select app.exchange_text('app.forget_lost_deliveries', 'r.received_at > clock_timestamp()',
  'r.updated_at > clock_timestamp()');

comment on function app.tell_of_delivery is
  'The webhook has failed for three days after one of its deliveries became unreadable, failed or was read in part; one of the first two, until it is read after all. Told is the last of them, and how many there are.';

-- One that could not be read as a delivery is settled as well once its object is read of the provider's list; its own
-- bytes stay where they are.
select app.exchange_text('app.record_missed', 'object_key = e ->> ''object_key''
  from', 'object_key = coalesce(r.object_key, e ->> ''object_key'')
  from');
select app.exchange_text('app.record_missed', 'and r.state = ''failed'';',
  'and r.state in (''failed'', ''unreadable'');');
