-- What the connector of OpenAI is told before it asks the model, and the end of requests whose Worker died.

-- Aggregates only. Of a thread: how many messages it has and who wrote last, no subject, address or text. Of
-- what people search for and which pages they see: none that could be a person's (an @, or digits as of a
-- telephone number).
create function app.is_impersonal(p_text text)
returns boolean language sql immutable set search_path = '' as $$
  select p_text !~ '@' and p_text !~ '[0-9]([ ()/+.-]*[0-9]){5}'
$$;

-- The path of a page, without the query: `/kontakt`.
create function app.path_of(p_url text)
returns text language sql immutable set search_path = '' as $$
  select coalesce(nullif(regexp_replace(split_part(split_part(p_url, '?', 1), '#', 1), '^https?://[^/]*', ''), ''), '/')
$$;

-- Properties overlap, so one is read: the one with the most clicks in the last 31 days, the last of which
-- are not reported yet.
create function app.search_property(p_client uuid, p_since date)
returns text language sql stable set search_path = '' as $$
  select s.property from public.gsc_site_daily s
  where s.client_id = p_client and s.search_type = 'web' and s.day > p_since
  group by 1 order by sum(s.clicks) desc, 1 limit 1
$$;

-- The twenty with the most impressions; of a page when one is given and queries are known that led to it.
create function app.top_queries(p_client uuid, p_since date, p_page text)
returns jsonb language sql stable set search_path = '' as $$
  with rows as (
    select q.query, app.path_of(q.page) = app.path_of(p_page) and q.page <> '' as of_page,
      sum(q.clicks) as clicks, sum(q.impressions) as impressions,
      round((sum(q.position * q.impressions) / nullif(sum(q.impressions), 0))::numeric, 1) as position
    from public.gsc_queries_daily q
    where q.client_id = p_client and q.search_type = 'web' and q.day > p_since
      and q.property = app.search_property(p_client, p_since) and app.is_impersonal(q.query)
      and (q.page = '' or p_page is not null and app.path_of(q.page) = app.path_of(p_page))
    group by 1, 2),
  chosen as (
    select * from rows where of_page = exists (select from rows where of_page)
    order by impressions desc, query limit 20)
  select coalesce(jsonb_agg(jsonb_build_object('query', c.query, 'clicks', c.clicks, 'impressions', c.impressions,
    'position', c.position) order by c.impressions desc, c.query), '[]') from chosen c
$$;

create function app.top_pages(p_client uuid, p_since date)
returns jsonb language sql stable set search_path = '' as $$
  with chosen as (
    select app.path_of(p.page) as page, sum(p.clicks) as clicks, sum(p.impressions) as impressions
    from public.gsc_pages_daily p
    where p.client_id = p_client and p.search_type = 'web' and p.day > p_since
      and p.property = app.search_property(p_client, p_since) and app.is_impersonal(app.path_of(p.page))
    group by 1 order by 2 desc, 3 desc, 1 limit 20)
  select coalesce(jsonb_agg(to_jsonb(c) order by c.clicks desc, c.impressions desc, c.page), '[]') from chosen c
$$;

create function app.thread_outline(p_client uuid, p_thread text)
returns jsonb language sql stable set search_path = '' as $$
  select jsonb_build_object('messages', (select count(*) from public.email_messages m
      where m.client_id = p_client and m.thread_id = t.id), 'last_direction', t.last_direction)
  from public.email_threads t where t.client_id = p_client and t.id = p_thread
$$;

-- The key is the agency's, so its limit is of all workspaces together, by the provider's UTC day. A request
-- without a cost is under way, or nobody knows what became of it.
create function app.ai_spent_today()
returns jsonb language sql stable set search_path = '' as $$
  select jsonb_build_object('spent_micros_today', coalesce(sum(r.cost_micros), 0),
    'open_today', count(*) filter (where r.cost_micros is null))
  from public.ai_requests r
  where r.requested_at >= date_trunc('day', now() at time zone 'utc') at time zone 'utc'
$$;

-- plpgsql, because public.daily_series may be made anew by a later migration.
create function public.ai_facts(p jsonb)
returns jsonb language plpgsql stable set search_path = '' as $$
declare
  client constant uuid := (p ->> 'client_id')::uuid;
  input constant jsonb := coalesce(p -> 'input', '{}');
  place public.workspaces;
  today date;
  facts jsonb;
begin
  select * into strict place from public.workspaces w where w.client_id = client;
  today := (now() at time zone place.time_zone)::date;
  facts := app.ai_spent_today() || jsonb_build_object('asked_at', now(),
    'workspace', jsonb_build_object('time_zone', place.time_zone, 'today', today));
  if input ->> 'purpose' <> 'content' then
    return facts || jsonb_build_object('daily',
      public.daily_series(jsonb_build_object('client_id', client, 'days', 90)));
  elsif input ->> 'kind' = 'email_reply' then
    return facts || jsonb_build_object('thread', app.thread_outline(client, input ->> 'thread_id'));
  end if;
  return facts || jsonb_build_object('queries', app.top_queries(client, today - 31, input ->> 'page'),
    'pages', app.top_pages(client, today - 31));
end
$$;
comment on function public.ai_facts is
  '{"client_id","input": what shared/connectors/openai made of the request} -> {"asked_at","workspace":{"time_zone","today"},"spent_micros_today","open_today"} and, by input.purpose and input.kind, "daily": public.daily_series of 90 days, "thread": {"messages","last_direction"} or null, or "queries" and "pages" of the last 31 days.';

-- A Worker that died leaves its request running; app.settle_actions says when nobody will end it any more.
-- source_at stays: whatever the Worker itself still stores is newer.
create function app.settle_ai_request()
returns trigger language plpgsql set search_path = '' as $$
begin
  update public.ai_requests r
  set state = 'unknown', finished_at = new.finished_at, failure_code = 'worker_stopped',
    failure_message = 'openai: the Worker stopped before the outcome was stored'
  where r.client_id = new.client_id and r.id = new.id::text and r.state = 'running';
  return null;
end
$$;
create trigger c_settle_ai_request after update of state on public.action_requests
  for each row when (new.service = 'openai' and new.state = 'unknown')
  execute function app.settle_ai_request();

do $$
declare
  signature text;
begin
  foreach signature in array array['public.ai_facts(jsonb)', 'app.is_impersonal(text)', 'app.path_of(text)',
    'app.search_property(uuid, date)', 'app.top_queries(uuid, date, text)', 'app.top_pages(uuid, date)',
    'app.thread_outline(uuid, text)', 'app.ai_spent_today()', 'app.settle_ai_request()']
  loop
    execute format('revoke all on function %s from public, anon, authenticated', signature);
    execute format('grant execute on function %s to service_role', signature);
  end loop;
end
$$;
