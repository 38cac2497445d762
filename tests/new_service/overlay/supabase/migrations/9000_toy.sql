-- A bookshop's orders.
create table public.toy_orders (
  client_id uuid not null references public.workspaces (client_id),
  id text not null,
  amount bigint not null,
  currency text not null,
  created timestamptz not null,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, id)
);
select app.add_sync_target('toy_orders', p_refetched => false);
