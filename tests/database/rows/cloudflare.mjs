import { at, day, table } from '../row_parts.mjs';

export default {
  cloudflare_worker_hourly: table(
    (id) => ({ account_id: 'a', script_name: id, status: 'success', hour: at, requests: 1, errors: 0 }),
    { errors: 7 },
  ),
  cloudflare_r2_daily: table(
    (id) => ({ account_id: 'a', day, bucket_name: id, action_type: '', action_status: '' }),
    { object_count: 7 },
  ),
  cloudflare_zone_daily: table((id) => ({ zone_id: id, day, requests: 1 }), { requests: 7 }),
};
