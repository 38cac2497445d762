import { at, digits, table } from '../row_parts.mjs';

export default {
  email_threads: table(
    (id) => ({ id, contact_email: 'a@b.example', state: 'open', started_at: at, last_message_at: at }),
    { state: 'closed' },
  ),
  email_messages: table(
    (id) => ({
      ...{ id, thread_id: 't', direction: 'sent', state: 'queued', sent_at: at },
      ...{ from_email: 'a@b.example', to_emails: ['c@d.example'] },
    }),
    { state: 'sent' },
  ),
  email_events: table((id) => ({ message_id: id, email: 'c@d.example', event: 'open', occurred_at: at }), {
    reason: 'x',
  }),
  email_stats_daily: table(
    (id) => ({ day: new Date(Number(BigInt(digits(id)) % 30000n) * 86400_000).toISOString().slice(0, 10) }),
    { opens: 7 },
  ),
};
