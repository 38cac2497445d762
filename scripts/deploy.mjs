// Sends the Worker and the dashboard to a real account, after checking everything that can be
// checked from here. Nothing is sent while there is a problem.
//
// usage: deploy.mjs [--vars production.vars] [--check]
//   --vars   NAME=value lines, the form of .dev.vars: SUPABASE_URL, the Supabase keys, the agency's
//            keys and one WORKSPACE_<SLUG> per client; they become the Worker's secrets
//   --check  checks and lists only
// from the environment: CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID (for wrangler);
//   SUPABASE_DB_URL (optional: the migrations that are missing there are applied)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Core } from '../edge-workers/host/core.mjs';
import { configurationProblem, configuredNames, isLoopback } from '../edge-workers/host/secrets.mjs';
import { applyMigrations, readMigrations } from './local/supabase/migrations.mjs';
import { parseVars } from './local/vars.mjs';
import { ROOT } from './local/wrangler.mjs';

const MAX_VARIABLES = 128; // a Worker's limit
const QUEUES = ['webfluentia-jobs', 'webfluentia-jobs-dead'];
const BUCKET = 'webfluentia-raw';

// Every problem in words; an empty list means that the Worker would start and detect.
export function problemsOf(vars, environment, manifest) {
  const problems = [];
  const needs = (name) => environment[name] || problems.push(`${name} is not in the environment`);
  needs('CLOUDFLARE_API_TOKEN');
  needs('CLOUDFLARE_ACCOUNT_ID');
  const configuration = configurationProblem(vars);
  if (configuration) problems.push(configuration);
  else if (isLoopback(new URL(vars.SUPABASE_URL).hostname)) problems.push('SUPABASE_URL is on this machine');
  if (vars.LOCAL_ORIGINS) problems.push('LOCAL_ORIGINS is for local use only');
  const count = Object.keys(vars).length;
  if (count > MAX_VARIABLES) problems.push(`${count} variables, and a Worker has ${MAX_VARIABLES}`);
  for (const { problem } of Object.values(configuredNames(vars, manifest).workspaces))
    if (problem) problems.push(problem);
  return problems;
}

function listDetected({ agency, workspaces }) {
  console.log(`agency: ${agency.join(', ') || 'nothing'}`);
  for (const [slug, { present }] of Object.entries(workspaces))
    console.log(`${slug}: ${present.join(', ') || 'nothing that is known'}`);
}

// What it printed, if it is to be `read`.
function wrangler(args, { mayExist = false, read = false } = {}) {
  const cli = join(ROOT, 'node_modules/wrangler/wrangler-dist/cli.js');
  const env = { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' };
  const stdio = mayExist || read ? 'pipe' : 'inherit';
  const run = spawnSync(process.execPath, ['--no-warnings', cli, ...args], {
    cwd: ROOT,
    env,
    stdio,
    encoding: 'utf8',
  });
  if (run.status === 0) return run.stdout;
  const output = `${run.stdout ?? ''}${run.stderr ?? ''}`;
  if (mayExist && /already (exists|taken|own)/i.test(output)) return;
  throw new Error(`wrangler ${args.slice(0, 3).join(' ')} failed${output && `:\n${output}`}`);
}

// The secrets travel in a file that only this user can read, and that is gone afterwards.
function deploy(vars) {
  wrangler(['r2', 'bucket', 'create', BUCKET], { mayExist: true });
  for (const queue of QUEUES) wrangler(['queues', 'create', queue], { mayExist: true });
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
  try {
    const file = join(folder, 'secrets.json');
    writeFileSync(file, JSON.stringify(vars), { mode: 0o600 });
    wrangler(['deploy', '--secrets-file', file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  removeOtherSecrets(vars);
}

// A deployment keeps the secrets that it does not name: a client that has left would be synced for ever.
export function removeOtherSecrets(vars) {
  const names = JSON.parse(wrangler(['secret', 'list', '--format', 'json'], { read: true })).map(
    ({ name }) => name,
  );
  for (const name of names) if (!(name in vars)) wrangler(['secret', 'delete', name]);
}

async function migrate(url) {
  const names = readMigrations().map(({ version, name }) => `${version}_${name}`);
  if (!url) {
    console.log(`migrations, to be applied in this order (or set SUPABASE_DB_URL):\n  ${names.join('\n  ')}`);
    return;
  }
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const applied = await applyMigrations(hostedDatabase(client));
    console.log(`migrations applied now: ${applied.join(', ') || 'none, all were there'}`);
  } finally {
    await client.end();
  }
}

// What applyMigrations needs of a database, over one connection.
function hostedDatabase(client) {
  const query = async (sql, params) => (await client.query(sql, params)).rows;
  const transaction = async (work) => {
    await client.query('begin');
    try {
      const result = await work(query, query);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback');
      throw error;
    }
  };
  return { query, transaction };
}

async function main() {
  const { values } = parseArgs({
    options: {
      vars: { type: 'string', default: 'production.vars' },
      check: { type: 'boolean', default: false },
    },
  });
  if (!existsSync(values.vars)) throw new Error(`${values.vars} is missing: NAME=value lines, see README.md`);
  const vars = parseVars(readFileSync(values.vars, 'utf8'), values.vars);
  const module = new WebAssembly.Module(readFileSync(join(ROOT, 'build/edge/edge.wasm')));
  const manifest = new Core(module).manifest();
  const problems = problemsOf(vars, process.env, manifest);
  if (problems.length > 0) throw new Error(`not deployed:\n  ${problems.join('\n  ')}`);
  listDetected(configuredNames(vars, manifest));
  if (values.check) return;
  await migrate(process.env.SUPABASE_DB_URL);
  deploy(vars);
}

if (process.argv[1] === new URL(import.meta.url).pathname)
  main().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
