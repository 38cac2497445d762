// What wrangler.toml calls the bucket, the queues and the schedule, for whoever makes them, looks into them or
// stands in for them.
import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../../wrangler.toml', import.meta.url), 'utf8');

// The values of a member, each once.
function valuesOf(member) {
  const found = [...text.matchAll(new RegExp(`^${member} = \\[?"(.+)"\\]?$`, 'gm'))].map(
    ([, value]) => value,
  );
  if (found.length === 0) throw new Error(`wrangler.toml has no ${member}`);
  return [...new Set(found)];
}

export const [BUCKET] = valuesOf('bucket_name');
export const QUEUES = valuesOf('queue');
export const [CRON] = valuesOf('crons');
export const [COMPATIBILITY_DATE] = valuesOf('compatibility_date');
