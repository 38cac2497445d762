// Reads through PostgREST and asks the Worker's API, both with the signed-in person's token: row level
// security decides what comes back.

const TIMEOUT_MS = 15_000;
const RENEW_EVERY_MS = 60_000;

const OFFLINE = 'You are offline.';
const SIGNED_OUT = 'You are signed out.';

const away = () => new Error(navigator.onLine ? 'The database does not answer.' : OFFLINE);

export class Rest {
  /**
   * @param {{config: {supabase_url, publishable_key}, token: () => Promise<string | null>,
   *   renew: () => Promise<boolean>}} parts
   */
  constructor({ config, token, renew }) {
    Object.assign(this, { config, token, renew });
    this.renewedAt = -Infinity;
  }

  /** @returns {Promise<object[]>} rows */
  async read(pathAndQuery, body) {
    const { supabase_url, publishable_key } = this.config;
    const reply = await this.#ask(`${supabase_url}/rest/v1/${pathAndQuery}`, {
      method: body ? 'POST' : 'GET',
      headers: { apikey: publishable_key, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`The database answered ${reply.status}.`);
    return reply.json().catch(() => {
      throw away();
    });
  }

  /** @returns {Promise<string | null>} why no sync begins, in a line; the card has the rest */
  async sync(slug, service) {
    try {
      const reply = await this.#ask(`/api/workspaces/${slug}/sync/${service}`, { method: 'POST' });
      if (reply.ok) return null;
      const { title } = await reply.json();
      if (title) return title;
    } catch ({ message }) {
      if (message === OFFLINE || message === SIGNED_OUT) return message;
      // Else as where nothing can be read of it.
    }
    return 'Nothing answers. Try again in a moment.';
  }

  async #ask(url, request) {
    let reply = await this.#send(url, request);
    if (reply.status === 401 && (await this.#renewed())) reply = await this.#send(url, request);
    return reply;
  }

  /** Once for all reads that were refused, and not again at once. */
  #renewed() {
    if (performance.now() - this.renewedAt > RENEW_EVERY_MS) {
      this.renewedAt = performance.now();
      this.renewing = this.renew().catch(() => false);
    }
    return this.renewing;
  }

  async #send(url, request) {
    const token = await this.token().catch(() => {
      throw away();
    });
    if (!token) throw new Error(SIGNED_OUT);
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    try {
      return await fetch(url, { ...request, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch {
      throw away();
    }
  }

  /** With the user's own role. In the order of a list that people read, which a database's collation need not be. */
  async workspaces(userId) {
    const rows = await this.read(
      'workspaces?select=client_id,slug,name,time_zone,configuration_problem,workspace_members(role)' +
        `&workspace_members.user_id=eq.${userId}`,
    );
    return rows.sort((a, b) => a.name.localeCompare(b.name));
  }

  /** @param {string} [since] only rows changed at or after this time */
  facts(clientId, since) {
    const changed = since ? `&updated_at=gte.${encodeURIComponent(since)}` : '';
    return this.read(`service_facts?select=*&client_id=eq.${clientId}${changed}`);
  }

  /** Of every workspace that the user sees. */
  factsOfAll() {
    return this.read('rpc/facts_of_all', { p: {} });
  }

  activity(clientId) {
    return this.read('rpc/service_daily', { p_client_id: clientId, p_days: 30 });
  }

  /** One number a day of what the services report. */
  series(clientId) {
    return this.read('rpc/daily_series', { p: { client_id: clientId, days: 90 } });
  }
}
