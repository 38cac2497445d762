-- Email sent and received through SendGrid, what happened to it, and daily totals.

create table public.email_threads (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  subject text,
  contact_email text not null check (contact_email <> ''),
  contact_name text,
  state text not null check (state <> ''),
  started_at timestamptz not null,
  last_message_at timestamptz not null,
  last_direction text,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);
comment on table public.email_threads is
  'A conversation with one contact. id: ours, carried (signed) by the reply address. state: open list, e.g. open, closed.';
create index email_threads_recent on public.email_threads (client_id, last_message_at);

-- https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
-- https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
create table public.email_messages (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  thread_id text not null check (thread_id <> ''),
  direction text not null check (direction in ('sent', 'received')),
  state text not null check (state <> ''),
  sent_at timestamptz not null,
  -- X-Message-Id: what is before the first "." of an event's sg_message_id
  message_id text,
  -- the Message-ID header, with its angle brackets
  smtp_id text,
  in_reply_to text,
  from_email text not null check (from_email <> ''),
  from_name text,
  to_emails jsonb not null,
  cc_emails jsonb,
  subject text,
  body_text text,
  body_html text,
  -- [{"name", "content_type", "bytes", "object_key"}]: the bytes are in R2
  attachments jsonb,
  is_auto_reply boolean,
  spf text,
  dkim text,
  spam_score double precision,
  template_id text,
  categories jsonb,
  sent_by uuid,
  failure_message text,
  object_key text,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);
comment on table public.email_messages is
  'One message. id: ours, also in custom_args. state: open list, e.g. queued, sent, unknown, failed, received. sent_by: the user. object_key: the raw bytes in R2. Bodies are UTF-8, whatever charset they came in; HTML is as received and not safe to show.';
create index email_messages_thread on public.email_messages (client_id, thread_id, sent_at);
create index email_messages_recent on public.email_messages (client_id, sent_at);
create index email_messages_by_message_id on public.email_messages (client_id, message_id);
create index email_messages_by_smtp_id on public.email_messages (client_id, smtp_id);

-- https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
-- Copies of one event carry different sg_event_ids, so the content is the key.
create table public.email_events (
  client_id uuid not null references public.workspaces (client_id),
  message_id text not null,
  email text not null,
  event text not null check (event <> ''),
  occurred_at timestamptz not null,
  url text,
  url_hash uuid generated always as (md5(coalesce(url, ''))::uuid) stored,
  sg_event_id text,
  sg_message_id text,
  smtp_id text,
  own_message_id text,
  categories jsonb,
  reason text,
  status text,
  response text,
  attempt bigint,
  bounce_type text,
  bounce_classification text,
  user_agent text,
  ip text,
  is_machine_open boolean,
  asm_group_id bigint,
  custom_args jsonb,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, message_id, email, event, occurred_at, url_hash)
);
comment on table public.email_events is
  'One event. message_id: sg_message_id up to its first "."; '''' when there is none. email: lower case. own_message_id: email_messages.id, from custom_args. bounce_type: bounce, or blocked (a soft refusal). is_machine_open: a bot''s, not a human''s.';
create index email_events_recent on public.email_events (client_id, occurred_at);
create index email_events_of_message on public.email_events (client_id, own_message_id);

-- https://www.twilio.com/docs/sendgrid/api-reference/stats: recent days still change.
create table public.email_stats_daily (
  client_id uuid not null references public.workspaces (client_id),
  day date not null,
  requests bigint,
  processed bigint,
  delivered bigint,
  opens bigint,
  unique_opens bigint,
  clicks bigint,
  unique_clicks bigint,
  bounces bigint,
  bounce_drops bigint,
  blocks bigint,
  deferred bigint,
  invalid_emails bigint,
  spam_reports bigint,
  spam_report_drops bigint,
  unsubscribes bigint,
  unsubscribe_drops bigint,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, day)
);
comment on table public.email_stats_daily is
  'SendGrid''s own totals; day: as SendGrid names it (the account''s, UTC unless it was changed).';

select app.add_sync_target(t, p_refetched => false)
from unnest(array['email_threads', 'email_messages', 'email_events', 'email_stats_daily']) t;
