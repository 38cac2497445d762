// Reads through PostgREST with the signed-in person's token: row level security decides what
// comes back.

const TIMEOUT_MS = 15_000;

class ReadError extends Error {
  constructor(message, { status = 0 } = {}) {
    super(message);
    this.status = status;
  }
}

const away = () => new ReadError(navigator.onLine ? 'The database does not answer.' : 'You are offline.');

export class Rest {
  /** @param {{config: {supabase_url, publishable_key}, token: () => Promise<string | null>}} parts */
  constructor({ config, token }) {
    this.config = config;
    this.token = token;
  }

  /** @returns {Promise<object[]>} rows */
  async read(pathAndQuery, body) {
    const reply = await this.#send(pathAndQuery, body);
    if (reply.ok) return reply.json();
    throw new ReadError(`The database answered ${reply.status}.`, { status: reply.status });
  }

  async #send(pathAndQuery, body) {
    const token = await this.token().catch(() => {
      throw away();
    });
    if (!token) throw new ReadError('You are signed out.', { status: 401 });
    const { supabase_url, publishable_key } = this.config;
    try {
      return await fetch(`${supabase_url}/rest/v1/${pathAndQuery}`, {
        method: body ? 'POST' : 'GET',
        headers: {
          apikey: publishable_key,
          authorization: `Bearer ${token}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw away();
    }
  }

  workspaces() {
    return this.read('workspaces?select=client_id,slug,name,time_zone,configuration_problem&order=name');
  }

  /** @param {string} [since] only rows changed at or after this time */
  facts(clientId, since) {
    const changed = since ? `&updated_at=gte.${encodeURIComponent(since)}` : '';
    return this.read(`service_facts?select=*&client_id=eq.${clientId}${changed}`);
  }

  activity(clientId) {
    return this.read('rpc/service_daily', { p_client_id: clientId, p_days: 30 });
  }

  /** One number a day of what the services report. */
  series(clientId) {
    return this.read('rpc/daily_series', { p: { client_id: clientId, days: 90 } });
  }
}
