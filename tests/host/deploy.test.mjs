// What a deployment does to an account, against a stand-in for Cloudflare's API that keeps secrets' names.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

import { unstable_readConfig } from 'wrangler';

import { DEAD_LETTERS } from '../../edge-workers/host/host.mjs';
import {
  changeProblem,
  connectionProblem,
  connectionTo,
  migrationProblem,
  projectProblem,
  readDeployment,
  removalProblem,
} from '../../scripts/deploy.mjs';
import { BUCKET, COMPATIBILITY_DATE, CRON, QUEUES } from '../../scripts/local/worker_config.mjs';

const SECRETS = /^\/accounts\/account\/workers\/scripts\/webfluentia-integrations\/secrets(?:\/([A-Z_]+))?$/;

// Of an account without the Worker: null.
async function account(names) {
  const secrets = new Set(names);
  const server = createServer((request, response) => {
    const [path] = request.url.split('?');
    const [found, name] = SECRETS.exec(path) ?? [];
    const known =
      found && names && (request.method === 'GET' || (request.method === 'DELETE' && secrets.delete(name)));
    const result =
      request.method === 'GET' ? [...secrets].map((name) => ({ name, type: 'secret_text' })) : null;
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    const errors = known ? [] : [{ code: 10007, message: `${request.method} ${path} is not known here` }];
    response.end(JSON.stringify({ success: Boolean(known), errors, messages: [], result }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, secrets, url: `http://127.0.0.1:${server.address().port}` };
}

async function others(url, work) {
  const script = `import { otherSecrets, removeSecrets } from '${new URL('../../scripts/deploy.mjs', import.meta.url)}';
    const others = otherSecrets({ SUPABASE_URL: 'x', WORKSPACE_NORTHWIND: '{}' });
    ${work}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: {
      ...process.env,
      CLOUDFLARE_API_BASE_URL: url,
      CLOUDFLARE_API_TOKEN: 'token_test_local',
      CLOUDFLARE_ACCOUNT_ID: 'account',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const [status] = await once(child, 'close');
  assert.equal(status, 0, said);
  return said.trim();
}

test('a secret that the deployment does not name is told beforehand, and taken away', async () => {
  const { server, secrets, url } = await account(['SUPABASE_URL', 'WORKSPACE_ACME', 'WORKSPACE_NORTHWIND']);
  try {
    assert.equal(await others(url, 'console.log(others.join());'), 'WORKSPACE_ACME');
    assert.equal(secrets.size, 3);
    await others(url, 'removeSecrets(others);');
    assert.deepEqual([...secrets], ['SUPABASE_URL', 'WORKSPACE_NORTHWIND']);
  } finally {
    server.close();
  }
  assert.match(removalProblem(['WORKSPACE_ACME'], 'staging.vars'), /WORKSPACE_ACME.*staging\.vars.*--remove/);
  assert.equal(removalProblem([], 'production.vars'), null);
});

test('an account that has no such Worker has no other secrets', async () => {
  const { server, url } = await account(null);
  try {
    assert.equal(await others(url, 'console.log(others.length);'), '0');
  } finally {
    server.close();
  }
});

test('a deployment that is broken off leaves no file of keys', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deployment-'));
  const files = async () => (await readdir(folder)).filter((name) => name.startsWith('deploy-'));
  const asked = Promise.withResolvers();
  const server = createServer(() => asked.resolve()).listen(0, '127.0.0.1'); // and never answers
  await once(server, 'listening');
  const script = `import { deploy } from '${new URL('../../scripts/deploy.mjs', import.meta.url)}';
    deploy({ SUPABASE_SECRET_KEY: 'sb_secret_local' });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: {
      ...process.env,
      TMPDIR: folder,
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${server.address().port}`,
      CLOUDFLARE_API_TOKEN: 'token_test_local',
      CLOUDFLARE_ACCOUNT_ID: 'account',
    },
    stdio: 'ignore',
    detached: true, // a group of its own, which a Ctrl-C reaches as a whole
  });
  const ended = once(child, 'close');
  try {
    await Promise.race([asked.promise, ended]);
    assert.equal((await files()).length, 1, 'while it is under way');
    process.kill(-child.pid, 'SIGINT');
    const [status, signal] = await ended;
    assert.deepEqual([status !== 0, signal], [true, null], 'it ends by itself');
    assert.deepEqual(await files(), []);
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
});

test('a database that is older than the Worker, or does not know how old it is, stops a deployment', async () => {
  let answer;
  const server = createServer((request, response) => {
    response.writeHead(request.headers.apikey === 'sb_secret_local' ? answer.status : 401);
    response.end(JSON.stringify(answer.body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const SUPABASE_URL = `http://127.0.0.1:${server.address().port}`;
  const problem = async (status, body, SUPABASE_SECRET_KEY = 'sb_secret_local') => {
    answer = { status, body };
    const { migrations } = await readDeployment({ SUPABASE_URL, SUPABASE_SECRET_KEY });
    return migrationProblem(
      migrations,
      ['0046', '0047', '0048'].map((version) => ({ version })),
    );
  };
  const applied = (...migrations) => ({ migrations, service_settings: {} });
  try {
    assert.equal(await problem(200, applied('0046', '0047', '0048')), null);
    assert.match(await problem(200, applied('0046')), /lacks migrations, 0047, 0048: supabase db push/);
    assert.match(await problem(200, applied('0046', '0048', '20261130101500')), /lacks migrations, 0047:/);
    assert.match(await problem(200, applied()), /lacks migrations, 0046, 0047, 0048:/);
    assert.match(await problem(404, { code: 'PGRST202' }), /all that are missing up to 0048/);
    await assert.rejects(problem(200, applied(), 'sb_secret_other'), /answered 401 to SUPABASE_SECRET_KEY/);
    server.close();
    server.closeAllConnections();
    await assert.rejects(problem(200, applied()), /does not answer at http/);
  } finally {
    server.close();
  }
});

test('keys of another day or person are not sent by mistake', () => {
  const running = { 'acme stripe': 'a', 'acme stripe account': 'c', ' google_ads': 'b', 'gone meta': 'c' };
  assert.equal(changeProblem({}, running), null);
  const same = { 'acme stripe': 'a', 'acme stripe account': 'x', ' google_ads': 'b' };
  assert.equal(changeProblem(running, { ...same, 'acme meta': 'd', 'new stripe': 'd' }), null);
  assert.match(changeProblem(running, { ' google_ads': 'b', 'acme meta': 'd' }), /with: acme stripe;/);
  const one = changeProblem(running, { 'acme stripe': 'x', ' google_ads': 'b' });
  assert.match(one, /^keys or settings are others than the Worker runs with: acme stripe; add --change/);
  const all = changeProblem(running, { 'acme stripe': 'x', ' google_ads': 'y' });
  assert.match(all, /\(as they all are where SUPABASE_SECRET_KEY is\): acme stripe, agency google_ads;/);
});

test('a database elsewhere is never asked in clear text', () => {
  const url = 'postgres://postgres.abc:pass@aws-0-eu.pooler.supabase.com:5432/postgres';
  for (const more of ['', '?sslmode=require', '?sslmode=disable']) {
    const { connectionString, ssl } = connectionTo(url + more);
    assert.deepEqual([connectionString, ssl], [url, { rejectUnauthorized: false }]);
  }
  assert.deepEqual(connectionTo(`${url}?sslmode=verify-full`).ssl, { rejectUnauthorized: true });
  assert.match(connectionTo(url, import.meta.filename).ssl.ca, /is never asked in clear text/);
  assert.equal(connectionTo('postgres://postgres@127.0.0.1:5432/postgres').ssl, undefined);
});

test('the database of another project is not changed', () => {
  const pooler = 'postgres://postgres.other:pass@aws-0-eu.pooler.supabase.com:5432/postgres';
  for (const url of [pooler, 'postgres://postgres:pass@db.other.supabase.co:5432/postgres']) {
    assert.match(projectProblem(url, 'https://meant.supabase.co'), /of the project other, .* of meant$/);
    assert.equal(projectProblem(url, 'https://other.supabase.co'), null);
    assert.equal(projectProblem(url, 'https://data.example.com'), null, 'a domain of its own');
  }
  assert.equal(projectProblem(pooler, 'https://OTHER.supabase.co'), null);
  assert.match(projectProblem(pooler.replace('s.o', 's%2Eo'), 'https://meant.supabase.co'), /project other/);
  for (const url of [
    'postgres://me@data.example.com/postgres',
    'postgres://me.other@data.example.com/postgres',
  ])
    assert.equal(projectProblem(url, 'https://meant.supabase.co'), null);
  assert.equal(projectProblem(pooler, undefined), null, 'of which is told by itself');
  assert.equal(projectProblem('no address', 'https://meant.supabase.co'), null);
});

test('a database that migrations cannot reach is a problem before anything is sent', async () => {
  const badly = await connectionProblem(
    'postgres://postgres.abc:pa#ss@aws-0-eu.pooler.supabase.com:5432/postgres',
  );
  assert.match(badly, /^SUPABASE_DB_URL: Invalid URL \(in a password, # is %23/);
  assert.match(
    await connectionProblem('postgres://postgres@aws-0-eu.pooler.supabase.com/postgres', '/no/such.crt'),
    /^SUPABASE_DB_URL: ENOENT.*such\.crt/,
  );
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address();
  closed.close();
  assert.match(
    await connectionProblem(`postgres://postgres@127.0.0.1:${port}/postgres`),
    /^SUPABASE_DB_URL: .*ECONNREFUSED/,
  );
});

// A script that finds itself by its address as text does nothing there, and ends well.
test('what is deployed from a folder with a space and an accent is looked at', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'Client work é '));
  const root = resolve(import.meta.dirname, '../..');
  const parts = ['scripts', 'edge-workers/host', 'wrangler.toml', 'supabase', 'package.json'];
  for (const part of parts) await cp(join(root, part), join(folder, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const child = spawn(process.execPath, [join(folder, 'scripts/deploy.mjs')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  const [status] = await once(child, 'close');
  await rm(folder, { recursive: true });
  assert.equal(status, 1);
  assert.match(said, /^\/.*\/Client work é \w+\/production\.vars is missing/);
});

const config = join(resolve(import.meta.dirname, '../..'), 'wrangler.toml');

test('what is created for the Worker is what it is bound to', () => {
  const { r2_buckets, queues, triggers, compatibility_date } = unstable_readConfig({ config });
  const [jobs] = queues.consumers;
  assert.deepEqual(QUEUES, [jobs.queue, jobs.dead_letter_queue]);
  assert.deepEqual(
    [...queues.producers, ...queues.consumers].map(({ queue }) => queue),
    [QUEUES[0], ...QUEUES],
  );
  assert.match(jobs.dead_letter_queue, DEAD_LETTERS);
  assert.deepEqual(
    r2_buckets.map(({ bucket_name }) => bucket_name),
    [BUCKET],
  );
  assert.deepEqual([triggers.crons, compatibility_date], [[CRON], COMPATIBILITY_DATE]);
});

// A call of Meta's has a token in its URL.
test('Cloudflare is told to keep no query string and no trace', () => {
  const { observability } = unstable_readConfig({ config });
  assert.equal(observability.redact_query_string, true);
  assert.equal(observability.traces.enabled, false);
});
