// The bucket of the account, as the binding that a Worker has, over wrangler's remote bindings.
// https://developers.cloudflare.com/workers/development-testing/#remote-bindings
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BUCKET, COMPATIBILITY_DATE } from '../local/worker_config.mjs';

const CONFIG = {
  name: 'webfluentia-replay',
  compatibility_date: COMPATIBILITY_DATE,
  r2_buckets: [{ binding: 'RAW', bucket_name: BUCKET, remote: true }],
};

// {bucket, close()}. CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID are wrangler's to read.
export async function openAccountBucket() {
  const missing = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_ACCOUNT_ID'].filter((name) => !process.env[name]);
  if (missing.length > 0) throw new Error(`${missing.join(' and ')} not in the environment`);
  const { getPlatformProxy } = await import('wrangler');
  const folder = mkdtempSync(join(tmpdir(), 'replay-'));
  const configPath = join(folder, 'wrangler.json');
  writeFileSync(configPath, JSON.stringify(CONFIG));
  const remove = () => rmSync(folder, { recursive: true });
  const opening = getPlatformProxy({ configPath, persist: false, envFiles: [] });
  const { env, dispose } = await opening.catch((error) => {
    remove();
    throw error;
  });
  const close = () => dispose().finally(remove);
  return { bucket: env.RAW, close };
}
