-- A tick failed where no settings were left to be noted: a bundle that came before its workspace, or outlived it.
select app.exchange_text('app.note_settings', 'select jsonb_object_agg(e.key, e.value) from',
  'select coalesce(jsonb_object_agg(e.key, e.value), ''{}'') from');
