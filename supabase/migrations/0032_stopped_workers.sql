-- A page that stops every Worker that meets it (out of memory, out of time, a write that outlasts the
-- database's limit) ends its run after an hour: until then nothing says so, and nothing newer is read.

alter table public.sync_runs
  add stops int not null default 0,
  add stops_page int not null default 0;
comment on column public.sync_runs.stops is
  'How often a lease ended without a word since the page stops_page was applied.';

-- p_place's run, if nobody is left who works on it, queued again; null: none, or it was given up.
create or replace function app.revive_run(p_place public.sync_cursors)
returns uuid language plpgsql set search_path = '' as $$
declare
  run public.sync_runs;
  why constant text := 'the Worker stopped 12 times at one page';
begin
  select * into run from public.sync_runs r
  where r.run_id = p_place.run_id and app.is_left_behind(r,
    (select c.lease_until from public.sync_cursors c where c.run_id = r.run_id))
  for update skip locked;
  if not found then return null; end if;
  if run.state = 'running' then
    run.stops := case when run.stops_page = run.pages then run.stops else 0 end + 1;
  end if;
  if run.stops >= 12 and run.stops_page = run.pages then
    update public.sync_runs r set error_kind = 'ours', error_message = why where r.run_id = run.run_id;
    perform app.end_run(run.run_id, 'failed');
    perform app.record_our_failure(run, why);
    return null;
  end if;
  update public.sync_runs r
  set state = 'queued', retry_at = null, stops = run.stops, stops_page = run.pages
  where r.run_id = run.run_id;
  return run.run_id;
end
$$;
