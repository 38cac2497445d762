// Which objects are replayed: those that the database knows of, oldest first, or a folder's.

const PORTION = 500;
// raw/<client_id>/<service>/<stream>/<run_id>/<page>.json, webhooks/<slug>/<service>/<delivery_key>
const KEY = /^(raw|webhooks)\/([^/]+)\/([^/]+)\/([^/]+)/;

// The database functions that are asked here, as the Worker asks them.
export class Database {
  constructor({ SUPABASE_URL: url, SUPABASE_SECRET_KEY: key }) {
    this.url = `${url}/rest/v1/`;
    this.headers = { apikey: key, 'user-agent': 'webfluentia-replay', 'content-type': 'application/json' };
  }

  async #json(path, options) {
    const reply = await fetch(this.url + path, { headers: this.headers, ...options }).catch((error) => {
      throw new Error(`the database does not answer: ${error.cause?.message ?? error.message}`);
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`the database answers ${reply.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }

  workspaces() {
    return this.#json('workspaces?select=client_id,slug');
  }

  archivedObjects(p) {
    return this.#json('rpc/archived_objects', { method: 'POST', body: JSON.stringify({ p }) });
  }
}

// {object_key, workspace, client_id} of what the options ask for, read in portions. Not every one need be
// there: `sure` is false, as the database names a run's next page and pages that only settled ties.
export async function* objectsOfDatabase(database, { workspace, service, stream, since, until, state }) {
  for (let after = null; ;) {
    const p = { workspace, service, stream, since, until, state, after, limit: PORTION };
    const { unknown_workspace, client_id, objects } = await database.archivedObjects(p);
    if (unknown_workspace) throw new Error(`there is no workspace ${workspace}`);
    for (const { object_key, page } of objects) yield { object_key, workspace, client_id, sure: page === 0 };
    if (objects.length < PORTION) return;
    after = objects.at(-1);
  }
}

export async function* objectsOfFolder(bucket, database, { workspace, service, stream }) {
  const known = await database.workspaces();
  for (const object_key of bucket.keys()) {
    const [, kind, owner, ofService, ofStream] = KEY.exec(object_key) ?? [];
    const found = known.find(({ client_id, slug }) => (kind === 'raw' ? client_id : slug) === owner);
    const streamOf = kind === 'raw' ? ofStream : 'webhook';
    if (workspace && found?.slug !== workspace) continue;
    if ((service && ofService !== service) || (stream && streamOf !== stream)) continue;
    yield { object_key, workspace: found?.slug, client_id: found?.client_id, sure: true };
  }
}
