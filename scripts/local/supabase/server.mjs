// Supabase on one machine: REST, sign-in and Realtime on one port, over PGlite or Postgres,
// with the same migrations and policies as a hosted project.

process.env.LITE_TELEMETRY ??= '0';

import http from 'node:http';

import { openPglite, openPostgres } from './database.mjs';
import { createFront } from './front.mjs';
import { applyMigrations, applyPrelude } from './migrations.mjs';
import { attachRealtime } from './realtime.mjs';
import { applySeed } from './seed.mjs';

/**
 * @param {object} options
 *   dataDir | postgresUrl   where the data is; postgresUrl wins
 *   port                    0 for a free one; always on 127.0.0.1
 *   keys                    {publishable, secret, jwtSecret}
 *   pageUrl                 where the links of mails lead to; the mails are printed
 *   seed                    {workspaces, users} for applySeed, or nothing
 * @returns {{url, query(sql, params), close()}}; query runs as the superuser
 * Throws when the folder is in use, the server cannot be reached or a migration fails.
 */
export async function startSupabase({ dataDir, postgresUrl, port = 0, keys, pageUrl, seed }) {
  const database = postgresUrl ? await openPostgres(postgresUrl) : await openPglite(dataDir);
  try {
    const app = await createApp(database, keys, pageUrl);
    await applyPrelude(database);
    await applyMigrations(database);
    if (seed) await applySeed(database, seed);
    await warmUp(app, keys);
    return await serve({ app, database, port, keys });
  } catch (error) {
    await database.close().catch(() => {});
    throw error;
  }
}

// The embedded sign-in has no templates: its links become those of README's, which lead to the page.
function printingMails(pageUrl) {
  const linkOf = (text) => {
    const { searchParams } = new URL(text);
    return `${pageUrl}#token_hash=${searchParams.get('token')}&type=${searchParams.get('type')}`;
  };
  return {
    async send({ to, subject, text }) {
      console.log(`mail to ${to}: ${subject}\n${text.replace(/http\S+\/auth\/v1\/verify\?\S+/g, linkOf)}`);
    },
  };
}

async function createApp(database, keys, pageUrl) {
  const { App } = await import('@supabase/lite');
  const app = new App({
    connection: database.connection,
    db: { driver: database.driver },
    api: { schemas: ['public'] },
    auth: {
      enabled: true,
      enable_signup: false,
      jwt_secret: keys.jwtSecret,
      publishable_key: keys.publishable,
      secret_key: keys.secret,
      email: { enable_confirmations: false },
      site_url: pageUrl,
    },
    options: { server: { disableStudio: true }, drivers: { email: printingMails(pageUrl) } },
  });
  await app.init();
  await app.ensureSystemSchema();
  return app;
}

// The first request reads the catalogue and grants rights to the roles; two first requests at
// once would both do so, and Postgres refuses one of them: so it has one before anybody can ask.
async function warmUp(app, keys) {
  const url = 'http://127.0.0.1/rest/v1/workspaces?select=slug&limit=1';
  const reply = await app.fetch(new Request(url, { headers: { apikey: keys.publishable } }), {
    peerAddress: null,
  });
  if (!reply.ok) throw new Error(`the REST API does not work: ${reply.status} ${await reply.text()}`);
}

async function serve({ app, database, port, keys }) {
  let url = '';
  const server = http.createServer(
    createFront({
      fetchApp: (request, peerAddress) => app.fetch(request, { peerAddress }),
      exclusive: database.exclusive,
      secretKey: keys.secret,
      maxBindParameters: database.maxBindParameters,
      origin: () => url,
    }),
  );
  const realtime = await attachRealtime(server, database, keys);
  await listen(server, port);
  url = `http://127.0.0.1:${server.address().port}`;
  let closing;
  return {
    url,
    query: database.query,
    close: () => (closing ??= close(server, realtime, database)),
  };
}

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

async function close(server, realtime, database) {
  await realtime.close();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 2000).unref();
  });
  await database.close();
}
