import { at, table } from '../row_parts.mjs';

export default {
  pagespeed_runs: table((id) => ({ url: id, strategy: 'mobile', run_at: at, result: 'ok' }), {
    seo_score: 0.5,
  }),
  pagespeed_audits: table(
    (id) => ({ url: 'https://x.example', strategy: 'mobile', run_at: at, audit_id: id }),
    { score: 0.5 },
  ),
};
