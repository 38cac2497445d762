-- Figures over time that one silent part must not bend, and a schedule that its own past must not stop.
--
-- Daily series: Meta's are added up over Pages and accounts. One that is not read with the others any more, or was
-- taken away, counts on no day, so that its silence is no fall; until three days have shown that, later days are
-- not known. A count of followers is of the day on which it was read.
-- Withdrawn rows: Search Console that tells nothing at all of a day has trouble; a day without queries it is not.
select app.exchange_text('public.daily_series', 'point (metric, part, of, day, value, read_at) as (',
      'reading (stream, partition, read_at) as (
    select f.stream, f.partition, f.last_success_at
    from (select f.*, max(f.last_success_at) over (partition by f.stream) as newest
      from zone z join public.service_facts f using (client_id)
      where f.service = ''meta'' and f.stream in (''page'', ''instagram'') and f.last_success_at is not null) f
    where f.last_success_at > f.newest - interval ''3 days''),
  point (metric, part, of, day, value, read_at) as (');
select app.exchange_text('public.daily_series', 'sum(m.value), max(m.source_at)
    from zone z join public.meta_page_daily m on m.client_id = z.client_id and m.day >= z.since',
      'sum(m.value),
      least(max(m.source_at), (select min(r.read_at) from reading r where r.stream = ''page''))
    from zone z join public.meta_page_daily m on m.client_id = z.client_id and m.day >= z.since
    where m.page_id in (select r.partition from reading r where r.stream = ''page'')
      or not exists (select from reading r where r.stream = ''page'')');
select app.exchange_text('public.daily_series', 'sum(m.value), max(m.source_at)
    from zone z join public.meta_instagram_daily m on m.client_id = z.client_id and m.day >= z.since',
      'sum(m.value),
      case when ''meta.instagram_'' || m.metric <> ''meta.instagram_followers_count''
        then least(max(m.source_at), (select min(r.read_at) from reading r where r.stream = ''instagram'')) end
    from zone z join public.meta_instagram_daily m on m.client_id = z.client_id and m.day >= z.since
    where m.account_id in (select r.partition from reading r where r.stream = ''instagram'')
      or not exists (select from reading r where r.stream = ''instagram'')');
select app.exchange_text('app.withdraw_unread_rows', 'and s.day not in (select s.day from',
      'and ($6::int is null or s.day in (select s.day from');
select app.exchange_text('app.withdraw_unread_rows', 'having count(*) >= $6)', 'having count(*) < $6))');
comment on function app.add_reread_report is
  'A sync target with a column "day" that a scan of the stream reads whole. p_place: SQL that is true of the rows of the partition $1; with client_id and day it is a prefix of the key. p_withdrawn: what the columns of a row say that is no longer told. p_rows_cut: a day of so many rows is told in part, or in pages between which rows may slip, and one of no rows not at all, so none is withdrawn.';

-- Every run looks for its place by it, and each run that is deleted is looked for there.
create index sync_cursors_run on public.sync_cursors (run_id);

-- As of 0040, but of probes and runs less of each workspace: with hundreds of them one tick would take too long,
-- be cut off, and find more the next time.
create or replace function app.prune(p_most int) returns void
language sql volatile set search_path = '' as $$
  delete from public.facts_history h
  using (select o.id, o.recorded_at from public.facts_history o order by o.id limit p_most) old
  where h.id = old.id and old.recorded_at < now() - interval '91 days';
  delete from public.probe_results p where p.ctid in (select old.ctid
    from public.workspaces w cross join lateral (select o.ctid from public.probe_results o
      where o.client_id = w.client_id and o.probed_at < now() - interval '90 days'
      limit greatest(p_most / 50, 1)) old);
  delete from public.sync_runs r where r.run_id in (select old.run_id
    from public.workspaces w cross join lateral (select o.run_id from public.sync_runs o
      where o.client_id = w.client_id and o.updated_at < now() - interval '402 days'
        and o.state in ('succeeded', 'failed') limit greatest(p_most / 50, 1)) old)
    and not exists (select from public.sync_cursors c where c.run_id = r.run_id)
$$;
