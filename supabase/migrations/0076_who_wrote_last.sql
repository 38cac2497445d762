-- An out-of-office note is no answer: it moves its thread's time, not who wrote last, by which a reply is drafted.
select app.exchange_text('app.move_email_threads', 'last_direction = n.direction,',
  'last_direction = case when n.is_auto_reply then t.last_direction else n.direction end,');
