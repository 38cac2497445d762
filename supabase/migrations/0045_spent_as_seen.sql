-- A limit that is looked at before the intent is kept holds for one request at a time only: of thirty at once each
-- would find room. So ai_facts says what it has seen, and begin_action, one after the other, keeps no intent when
-- that has changed.
select app.exchange_text('public.ai_facts', 'facts := app.ai_spent_today(client) || jsonb_build_object(',
      'facts := app.ai_spent_today(client);
  facts := facts || jsonb_build_object(''seen'', md5(facts::text), ');
select app.exchange_text('public.begin_action', 'insert into public.action_requests (',
      'if p ->> ''seen'' is not null and not exists (select from public.action_requests r
    where r.client_id = (p ->> ''client_id'')::uuid and r.id = (p ->> ''id'')::uuid)
  then
    perform pg_advisory_xact_lock(hashtext(''begin_action ''), hashtext(p ->> ''service''));
    if md5(app.ai_spent_today((p ->> ''client_id'')::uuid)::text) <> p ->> ''seen'' then
      return ''{"begun": false, "state": "changed"}'';
    end if;
  end if;
  insert into public.action_requests (');
comment on function public.begin_action is
  '{"client_id","id","begun_by","service","action","user_id","tables","seen"?: of ai_facts} -> {"begun":true}, also when the same begun_by asks again, or {"begun":false,"state"} for an id that another used, for a service that is switched off ("disabled") and when more was spent or begun than was seen ("changed"): nothing is written then.';
comment on function public.ai_facts is
  '{"client_id","input": what shared/connectors/openai made of the request} -> {"asked_at","workspace":{"time_zone","today"},"spent_micros_today","open_today","others_spent_micros_today":[one for each other workspace that used it in 30 days],"seen": of these three, for begin_action} and, by input.purpose and input.kind, "daily": public.daily_series of 90 days, "thread": {"messages","last_direction"} or null, or "queries" and "pages" of the last 31 days.';
