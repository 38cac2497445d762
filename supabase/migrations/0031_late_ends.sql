-- What came of a person's request, told by a message that the queue gave up on, is written down all the same.

alter function public.record_dead_letter(jsonb) set schema app;

create function public.record_dead_letter(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
begin
  if p #>> '{message,job}' is distinct from 'action_end' then return app.record_dead_letter(p); end if;
  perform public.end_action(p #> '{message,p}');
  return '{"recorded": true}';
end
$$;
comment on function public.record_dead_letter is
  '{"message":{a queue message}} -> {"recorded":bool}: its run, or its receipt of more than 6 hours ago, failed, kind ours; false when it is finished, being worked on or to be tried again. An action_end: written as end_action does.';
revoke all on function public.record_dead_letter(jsonb) from public, anon, authenticated;
grant execute on function public.record_dead_letter(jsonb) to service_role;
