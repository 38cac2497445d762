-- A use that failed for good is told until one succeeds, like a sync (facts_update.hpp): a timeout after a
-- refused key must not make the card green. The core does not know what is stored when it ends a use.
create or replace function public.end_action(p jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  client uuid := (p ->> 'client_id')::uuid;
  facts jsonb := p -> 'facts';
  stored public.service_facts;
begin
  update public.action_requests r set state = p ->> 'state', finished_at = clock_timestamp()
  where r.client_id = client and r.id = (p ->> 'id')::uuid;
  perform app.upsert_tables(client, p -> 'tables');
  if p ->> 'stream' is null then return '{"ended": true}'; end if;
  select * into stored from public.service_facts f
  where f.client_id = client and f.service = p ->> 'service' and f.stream = p ->> 'stream' and f.partition = '';
  if stored.last_attempt_at > (facts ->> 'last_attempt_at')::timestamptz then
    return '{"ended": true}';
  end if;
  if stored.failure_final and facts ->> 'failure_kind' is not null and facts -> 'failure_final' = 'false' then
    facts := facts - '{failure_kind,failure_message,failed_at,failure_final}'::text[];
  end if;
  perform app.merge_facts(client, p ->> 'service', p ->> 'stream', '', facts);
  return '{"ended": true}';
end
$$;
comment on function public.end_action is
  '{"client_id","id","service","state","tables","stream"?,"facts"?} -> {"ended":true}: the rows, the request''s state and what its use told of the service, unless that of a later use is there. What failed for good stays until a success.';
