-- What the model was asked, what it cost and what it said.
-- https://platform.openai.com/docs/api-reference/responses

create table public.ai_requests (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  purpose text not null check (purpose <> ''),
  state text not null check (state <> ''),
  requested_at timestamptz not null,
  finished_at timestamptz,
  requested_by uuid,
  model text,
  response_id text,
  provider_request_id text,
  facts jsonb,
  input_tokens bigint,
  cached_tokens bigint,
  output_tokens bigint,
  reasoning_tokens bigint,
  cost_micros bigint,
  cost_currency text check (cost_currency ~ '^[a-z]{3}$'),
  failure_code text,
  failure_message text,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);
comment on table public.ai_requests is
  'One call. id: ours. purpose: open list, e.g. insights, content, explanation. state: open list, e.g. running, succeeded, refused, incomplete, failed. requested_by: the user. facts: the aggregates that it was given. cost_micros: millionths of cost_currency (lower case), by the price table of that day. provider_request_id: x-request-id.';
create index ai_requests_recent on public.ai_requests (client_id, requested_at);

create table public.ai_insights (
  client_id uuid not null references public.workspaces (client_id),
  id text not null check (id <> ''),
  request_id text not null check (request_id <> ''),
  kind text not null check (kind <> ''),
  title text,
  body text,
  answer jsonb,
  period_start date,
  period_end date,
  model text,
  numbers_hold boolean,
  invented_numbers jsonb,
  created timestamptz not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);
comment on table public.ai_insights is
  'What an answer says: an insight, a draft or the explanation of an anomaly (kind, open list). answer: as the schema of the request has it. period: days in the workspace''s zone. numbers_hold: every number in it is among the facts given; invented_numbers: those that are not.';
create index ai_insights_recent on public.ai_insights (client_id, created);

select app.add_sync_target(t, p_refetched => false)
from unnest(array['ai_requests', 'ai_insights']) t;
