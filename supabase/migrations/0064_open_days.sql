-- Days that the provider has not closed are not told as figures.

-- Google says itself where its unfinished days begin, and they may reach back further than usual.
select app.exchange_text('public.daily_series', 'select m.metric, y.part, s.property, s.day, m.value, s.source_at',
  'select m.metric, y.part, s.property, s.day, case when not s.provisional then m.value end, s.source_at');

-- They say all the same how far Google has come.
select app.exchange_text('public.daily_series', 'min(t.day) as first_day, max(t.day) as last_day from point t
    where t.value is not null group by 1, 2',
  'min(t.day) filter (where t.value is not null) as first_day,
      max(t.day) as last_day from point t group by 1, 2 having count(t.value) > 0');

-- Google Ads is asked up to the day that has begun everywhere. East of UTC+12 the account's yesterday may be a later one:
-- it was not asked for, which is not zero. (A run that goes on over 12:00 UTC was not asked for the day that has begun
-- everywhere since; the next one is.)
select app.exchange_text('public.daily_series',
  'case when s.service = ''search_console'' then greatest(f.last_day + 1,
          (r.read_at at time zone c.zone_name)::date - s.hold_days - 7) end) as provisional_from',
  'case when s.service = ''search_console'' then greatest(f.last_day + 1,
          (r.read_at at time zone c.zone_name)::date - s.hold_days - 7)
        when s.service = ''google_ads'' then (r.read_at at time zone ''Etc/GMT+12'')::date + 1 end) as provisional_from');

-- A conversion counts for the day of its click, up to 90 days later: newer days are lower than they will be.
select app.exchange_text('public.daily_series', '''provisional_from'', s.provisional_from,',
  '''provisional_from'', s.provisional_from, ''maturing'', s.id = ''google_ads.conversions'',');

comment on function public.daily_series is
  '{"client_id","days"?: 90, at most 400} -> {"series":[{"id","service","label","unit","kind":"sum"|"level","of": the Search Console property or null,"first_day","provisional_from","maturing": its days grow for weeks, so that newer ones do not compare with older ones,"values":[number or null,...]}]}, one value a day up to today. Null: no row, or not final yet (none is from provisional_from on). unit: count, score, position, ms, bytes, money:eur (smallest unit), micros:eur (millionths). Days are the provider''s. As the signed-in user; another''s workspace and one that does not exist have no series.';

-- Hosted Supabase grants it to everybody when it is made.
revoke all on sequence public.facts_history_id_seq from anon, authenticated;
