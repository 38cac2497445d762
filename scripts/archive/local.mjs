// The local stack's bucket, read from the files that workerd keeps it in: whether or not the stack runs,
// and without a second workerd over the same state. Read only.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { BUCKET } from '../local/worker_config.mjs';

export class LocalBucket {
  constructor(stackFolder) {
    this.root = join(stackFolder, 'wrangler', 'v3', 'r2');
    const index = join(this.root, 'miniflare-R2BucketObject');
    if (!existsSync(index)) throw new Error(`there is no local bucket in ${stackFolder}`);
    this.finds = readdirSync(index)
      .filter((file) => file.endsWith('.sqlite') && file !== 'metadata.sqlite')
      .map((file) => new DatabaseSync(join(index, file), { readOnly: true }))
      .map((database) => database.prepare('select blob_id, custom_metadata from _mf_objects where key = ?'));
  }

  async get(key) {
    for (const find of this.finds) {
      const row = find.get(key);
      if (!row) continue;
      const bytes = readFileSync(join(this.root, BUCKET, 'blobs', row.blob_id));
      return {
        customMetadata: JSON.parse(row.custom_metadata),
        arrayBuffer: async () => new Uint8Array(bytes).buffer,
      };
    }
    return null;
  }
}
