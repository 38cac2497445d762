-- Each event finds its mail by an index: by the id that we sent along, and by SendGrid's.
create or replace function app.settle_email_messages() returns trigger
language plpgsql set search_path = '' as $$
declare
  clients uuid[];
  ids text[];
begin
  -- First the locks, in one order for all; what is read after them is the newest that was committed.
  select array_agg(l.client_id), array_agg(l.id) into clients, ids
  from (select m.client_id, m.id from public.email_messages m
    where m.direction = 'sent' and (m.client_id, m.id) in (
      select s.client_id, s.id from told t join public.email_messages s
        on s.client_id = t.client_id and s.id = t.own_message_id
      union all
      select s.client_id, s.id from told t join public.email_messages s
        on s.client_id = t.client_id and s.message_id = t.message_id and t.message_id <> '')
    order by m.client_id, m.id for update) l;
  update public.email_messages m set updated_at = clock_timestamp()
  from unnest(clients, ids) told_of (client_id, id)
    join public.email_messages s using (client_id, id),
    lateral app.email_outcome(s.client_id, s.id, s.message_id) o
  where m.client_id = s.client_id and m.id = s.id
    and (coalesce(o.state, s.state) <> s.state or s.smtp_id is null and o.smtp_id is not null
      or s.message_id is null and o.message_id is not null);
  return null;
end
$$;
