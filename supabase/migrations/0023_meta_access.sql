-- What a sync learns about its own future: when its sign-in ends, and what the provider stopped giving.
alter table public.service_facts add column credentials_expire_at timestamptz;
alter table public.service_facts add column unavailable text[] not null default '{}';
comment on column public.service_facts.credentials_expire_at is
  'When the sign-in itself ends, as the provider told the last sync; null: never, or not known.';
comment on column public.service_facts.unavailable is
  'Names of what the provider refused to the last finished run while it gave the rest, such as a metric that no longer exists.';
