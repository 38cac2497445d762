import { at, table } from '../row_parts.mjs';

export default {
  ai_requests: table((id) => ({ id, purpose: 'insights', state: 'running', requested_at: at }), {
    state: 'failed',
  }),
  ai_insights: table((id) => ({ id, request_id: 'r', kind: 'insight', created: at }), { title: 'x' }),
};
