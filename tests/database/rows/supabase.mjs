import { at, table } from '../row_parts.mjs';

export default {
  probe_results: table((id) => ({ probe: 'rest', subject: id, probed_at: at, ok: true }), { latency_ms: 7 }),
};
