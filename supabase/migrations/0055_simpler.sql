-- What nothing fills, and what nothing reads by.

-- Mail is sent with its own text, never with a template of SendGrid's.
alter table public.email_messages drop column template_id;

-- Lists of the newest that nobody asks for: each was kept up with every row that is written.
drop index public.stripe_payment_intents_recent;
drop index public.stripe_balance_transactions_recent;
drop index public.stripe_payouts_recent;
drop index public.stripe_checkout_sessions_recent;
drop index public.stripe_invoices_recent;
drop index public.email_threads_recent;
drop index public.email_messages_recent;
drop index public.meta_posts_recent;
drop index public.ai_insights_recent;
-- What was spent is counted of all workspaces together (ai_requests_by_time).
drop index public.ai_requests_recent;
