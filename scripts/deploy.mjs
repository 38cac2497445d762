// Sends the Worker and the dashboard to a real account, after checking everything that can be
// checked from here. Nothing is sent while there is a problem.
//
// usage: deploy.mjs [--vars production.vars] [--check] [--change] [--remove]
//   --vars   NAME=value lines, the form of .dev.vars: SUPABASE_URL, the Supabase keys, the agency's
//            keys and one WORKSPACE_<SLUG> per client; they become the Worker's secrets
//   --check  checks and lists only
//   --change sends other keys and settings of services than the Worker runs with
//   --remove takes away the secrets that the Worker has and the file does not name
// from the environment: CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID (for wrangler);
//   SUPABASE_DB_URL (optional: the migrations that are missing there are applied; without it none may be missing),
//   SUPABASE_DB_CA (optional: a file with the certificate that the database's must be signed with)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Core } from '../edge-workers/host/core.mjs';
import {
  configurationProblem,
  configuredNames,
  isLoopback,
  parseObject,
  serviceDigests,
  WORKSPACE_PREFIX,
} from '../edge-workers/host/secrets.mjs';
import { applyMigrations, inTransaction, readMigrations } from './local/supabase/migrations.mjs';
import { parseVars } from './local/vars.mjs';
import { BUCKET, QUEUES } from './local/worker_config.mjs';
import { ROOT } from './local/wrangler.mjs';

const MAX_VARIABLES = 128; // a Worker's limit

// What a Worker reads: the three of Supabase, what the manifest names for the agency, and workspaces.
function unknownNames(vars, { secrets, ids }) {
  const known = new Set(['SUPABASE_URL', 'SUPABASE_PUBLISHABLE_KEY', 'SUPABASE_SECRET_KEY', 'LOCAL_ORIGINS']);
  for (const { env } of [...secrets, ...ids]) known.add(env);
  return Object.keys(vars).filter((name) => !known.has(name) && !/^WORKSPACE_[A-Z0-9_]+$/.test(name));
}

// What Google's file of a service account has beside keys that are read: it may be put in as it is.
const KEY_FILE = new Set(
  `type project_id auth_uri token_uri auth_provider_x509_cert_url client_x509_cert_url
  universe_domain`.split(/\s+/),
);

// The workspaces' bundles by variable, of those that are JSON objects.
function bundlesIn(vars) {
  const parsed = Object.keys(vars).flatMap((name) => {
    const bundle = name.startsWith(WORKSPACE_PREFIX) ? parseObject(vars[name]) : null;
    return bundle ? [[name, bundle]] : [];
  });
  return Object.fromEntries(parsed);
}

// A misspelt member is read by nobody: what it was meant for would be switched off without a word.
function memberProblems(vars, { secrets, ids }) {
  const named = new Map([...secrets, ...ids].map((key) => [key.name, key]));
  const problemOf = (member) => {
    const key = named.get(member);
    const [service, name] = member.split('.');
    if (!key && KEY_FILE.has(name) && named.has(`${service}.private_key`)) return null;
    if (!key) return 'which nothing reads';
    return key.scope === 'agency' ? `which is a variable of the Worker: ${key.env}` : null;
  };
  const membersOf = ([service, keys]) =>
    typeof keys === 'object' ? Object.keys(keys ?? {}).map((key) => `${service}.${key}`) : [service];
  return Object.entries(bundlesIn(vars)).flatMap(([variable, bundle]) =>
    Object.entries(bundle)
      .flatMap(membersOf)
      .filter(problemOf)
      .map((member) => `${variable} has ${member}, ${problemOf(member)}`),
  );
}

// Of what the agency cannot have for all, these may well be the same for two clients; anything else is one's account.
const OF_ANYBODY = new Set(['sendgrid.from_name', 'sendgrid.region']);

// 123-456-7890 is 1234567890.
const plain = (one) => (/^[\d-]+$/.test(one) ? one.replaceAll('-', '') : one);

// A line that was copied for a new client shows that one the other's numbers, and keeps them; or answers for the other.
function sharedAccounts(bundles, { secrets, ids }) {
  const own = [...secrets, ...ids].filter(({ name, env }) => !env && !OF_ANYBODY.has(name));
  return own.flatMap(({ name }) => {
    const [service, member] = name.split('.');
    const owners = {};
    for (const [variable, bundle] of Object.entries(bundles))
      for (const one of new Set(
        String(bundle[service]?.[member] ?? '')
          .match(/[^\s,]+/g)
          ?.map(plain),
      ))
        (owners[one] ??= []).push(variable);
    const shared = Object.values(owners).filter((variables) => variables.length > 1);
    return [...new Set(shared.map(String))].map(
      (variables) => `${variables.replaceAll(',', ' and ')}: the same ${name}, which is one client's own`,
    );
  });
}

// What would not keep a Worker from running, and is rarely meant.
export function remarksOn(vars, manifest) {
  const bundles = bundlesIn(vars);
  const tried = Object.entries(bundles)
    .filter(([, { stripe }]) => /^(sk|rk)_test_/.test(stripe?.secret_key ?? ''))
    .map(([variable]) => `${variable}: stripe.secret_key is of test mode, no payment will be a real one`);
  return [...tried, ...sharedAccounts(bundles, manifest)];
}

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
  for (const name of unknownNames(vars, manifest)) problems.push(`${name} is no variable of the Worker`);
  for (const { problem } of Object.values(configuredNames(vars, manifest).workspaces))
    if (problem) problems.push(problem);
  return [...problems, ...memberProblems(vars, manifest)];
}

function listDetected({ agency, workspaces }) {
  console.log(`agency: ${agency.join(', ') || 'nothing'}`);
  for (const [slug, { present }] of Object.entries(workspaces))
    console.log(`${slug}: ${present.join(', ') || 'nothing that is known'}`);
}

// What it printed, if it is to be `read`.
function wrangler(args, { mayExist = false, mayLack = false, read = false } = {}) {
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
  if (mayLack && /Worker ".+" not found/.test(output)) return;
  throw new Error(`wrangler ${args.slice(0, 3).join(' ')} failed${output && `:\n${output}`}`);
}

// Before the database is touched: an account that cannot have them has no Worker for the new version of it.
function prepareAccount() {
  wrangler(['r2', 'bucket', 'create', BUCKET], { mayExist: true });
  for (const queue of QUEUES) wrangler(['queues', 'create', queue], { mayExist: true });
}

// The secrets travel in a file that only this user can read, and that is gone afterwards: Ctrl-C ends wrangler,
// and this goes on to the end.
export function deploy(vars) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => {});
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
  try {
    const file = join(folder, 'secrets.json');
    writeFileSync(file, JSON.stringify(vars), { mode: 0o600 });
    wrangler(['deploy', '--secrets-file', file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// A deployment keeps the secrets that it does not name: a client that has left would be synced for ever.
export function otherSecrets(vars) {
  const listed = wrangler(['secret', 'list', '--format', 'json'], { read: true, mayLack: true }) ?? '[]';
  return JSON.parse(listed)
    .map(({ name }) => name)
    .filter((name) => !(name in vars));
}

export function removeSecrets(names) {
  for (const name of names) wrangler(['secret', 'delete', name]);
}

// Cloudflare gives no secret back: what another file names is not taken away by mistake.
export function removalProblem(others, file) {
  if (others.length === 0) return null;
  return `the Worker has ${others.join(', ')}, which ${file} does not name: add --remove to take that away`;
}

// What the database knows of the deployment before: its migrations, and the digest of each service's settings.
export async function readDeployment({ SUPABASE_URL, SUPABASE_SECRET_KEY }) {
  const reply = await fetch(`${SUPABASE_URL}/rest/v1/rpc/deployment`, {
    method: 'POST',
    headers: { apikey: SUPABASE_SECRET_KEY, 'content-type': 'application/json' },
    body: '{"p":{}}',
  }).catch(() => null);
  if (!reply) throw new Error(`the database does not answer at ${SUPABASE_URL}`);
  if (reply.status === 404) return { migrations: null, service_settings: {} }; // it is older than the question
  if (!reply.ok) throw new Error(`the database answered ${reply.status} to SUPABASE_SECRET_KEY`);
  return reply.json();
}

// In words, or null: with another project's key nobody could sign in, and everything else would be well.
export async function publishableKeyProblem({ SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY }) {
  const headers = { apikey: SUPABASE_PUBLISHABLE_KEY };
  const reply = await fetch(`${SUPABASE_URL}/auth/v1/health`, { headers }).catch(() => null);
  if (!reply) return `nothing answers at ${SUPABASE_URL}/auth/v1`;
  return reply.status === 401 || reply.status === 403
    ? `Supabase answered ${reply.status} to SUPABASE_PUBLISHABLE_KEY: it is another project's, or was withdrawn`
    : null;
}

// In words, or null: migrations go forward only, also in a project that was not meant. Other addresses than
// Supabase's own say nothing of a project.
export function projectProblem(databaseUrl, supabaseUrl = '') {
  const { hostname = '', username = '' } = URL.parse(databaseUrl) ?? {};
  const user = hostname.endsWith('.pooler.supabase.com') ? decodeURIComponent(username) : '';
  const [, project] = /^db\.(\w+)\.supabase\.co$/.exec(hostname) ?? /^\w+\.(\w+)$/.exec(user) ?? [];
  const [, meant] = /^https:\/\/(\w+)\.supabase\.co$/.exec(supabaseUrl.toLowerCase()) ?? [];
  return project && meant && project !== meant
    ? `SUPABASE_DB_URL is of the project ${project}, SUPABASE_URL of ${meant}`
    : null;
}

// In words, or null: the Worker must not run on a database that is older than it.
export function migrationProblem(applied, migrations = readMigrations()) {
  const lacking = migrations.map(({ version }) => version).filter((version) => !applied?.includes(version));
  if (lacking.length === 0) return null;
  const which = applied ? lacking.join(', ') : `all that are missing up to ${lacking.at(-1)}`;
  return `the database lacks migrations, ${which}: supabase db push, or set SUPABASE_DB_URL`;
}

// In words, or null: a file of another day or person would bring keys back that were exchanged since, or lack some. What
// is compared is what the last tick saw; clients that are new, and those that left (--remove), are no change.
export function changeProblem(before, now) {
  const slugs = new Set(Object.keys(now).map((owner) => owner.split(' ')[0]));
  const known = Object.keys(before).filter(
    (owner) => slugs.has(owner.split(' ')[0]) && !owner.endsWith(' account'),
  );
  const others = known.filter((owner) => before[owner] !== now[owner]);
  if (others.length === 0) return null;
  const all = others.length === known.length ? ' (as they all are where SUPABASE_SECRET_KEY is)' : '';
  const names = others.map((owner) => owner.replace(/^ /, 'agency ')).sort();
  return `keys or settings are others than the Worker runs with${all}: ${names.join(', ')}; add --change if they should be`;
}

// Never in clear text over a network. pg takes what a URL says of it before what it is told, and knows fewer words.
export function connectionTo(url, certificate) {
  const address = new URL(url);
  const checked = /^verify-/.test(address.searchParams.get('sslmode') ?? '');
  address.searchParams.delete('sslmode');
  const connectionString = address.href;
  if (isLoopback(address.hostname)) return { connectionString };
  const ssl = certificate ? { ca: readFileSync(certificate, 'utf8') } : { rejectUnauthorized: checked };
  return { connectionString, ssl };
}

async function connected(url, certificate, work) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ ...connectionTo(url, certificate), connectionTimeoutMillis: 20_000 });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

// In words, or null: the account is not touched for a database that cannot be reached then.
export async function connectionProblem(url, certificate) {
  try {
    await connected(url, certificate, (client) => client.query('select'));
    return null;
  } catch (error) {
    const hint =
      error.code === 'ERR_INVALID_URL' ? ' (in a password, # is %23, / is %2F, ? is %3F and % is %25)' : '';
    return `SUPABASE_DB_URL: ${error.message || error.code}${hint}`;
  }
}

async function migrate(client) {
  // Supabase ends after two minutes what may take longer on large tables.
  await client.query('set statement_timeout = 0');
  const applied = await applyMigrations(hostedDatabase(client));
  console.log(`migrations applied now: ${applied.join(', ') || 'none, all were there'}`);
}

// What applyMigrations needs of a database, over one connection.
function hostedDatabase(client) {
  const query = async (sql, params) => (await client.query(sql, params)).rows;
  return { query, transaction: (work) => inTransaction(query, query, work) };
}

async function main() {
  const { values } = parseArgs({
    options: {
      vars: { type: 'string', default: join(ROOT, 'production.vars') },
      check: { type: 'boolean', default: false },
      change: { type: 'boolean', default: false },
      remove: { type: 'boolean', default: false },
    },
  });
  if (!existsSync(values.vars)) throw new Error(`${values.vars} is missing: NAME=value lines, see README.md`);
  const vars = parseVars(readFileSync(values.vars, 'utf8'), values.vars);
  const module = new WebAssembly.Module(readFileSync(join(ROOT, 'build/edge/edge.wasm')));
  const manifest = new Core(module).manifest();
  const { SUPABASE_DB_URL, SUPABASE_DB_CA } = process.env;
  const problems = problemsOf(vars, process.env, manifest);
  if (problems.length === 0)
    problems.push(...(await databaseProblems(vars, manifest, values, SUPABASE_DB_URL)));
  if (SUPABASE_DB_URL) {
    const elsewhere = projectProblem(SUPABASE_DB_URL, vars.SUPABASE_URL);
    problems.push(elsewhere ?? (await connectionProblem(SUPABASE_DB_URL, SUPABASE_DB_CA)));
  }
  const others = problems.some(Boolean) ? [] : otherSecrets(vars);
  if (!values.remove) problems.push(removalProblem(others, values.vars));
  refuse(problems);
  listDetected(configuredNames(vars, manifest));
  for (const remark of remarksOn(vars, manifest)) console.log(`note: ${remark}`);
  if (others.length > 0) console.log(`to be taken away: ${others.join(', ')}`);
  if (values.check) return;
  prepareAccount();
  if (SUPABASE_DB_URL) {
    if (connectionTo(SUPABASE_DB_URL, SUPABASE_DB_CA).ssl?.rejectUnauthorized === false)
      console.log(
        'SUPABASE_DB_CA is not set: the connection is encrypted, but nobody checks to whom it leads',
      );
    await connected(SUPABASE_DB_URL, SUPABASE_DB_CA, migrate);
    // It may still lead to another project than SUPABASE_URL. PostgREST reads its schema anew within seconds.
    const lackingNow = () =>
      readDeployment(vars).then(
        ({ migrations }) => migrationProblem(migrations),
        (error) => error.message,
      );
    let lacking = await lackingNow();
    for (let tries = 1; lacking && tries < 5; tries += 1) {
      await setTimeout(2000);
      lacking = await lackingNow();
    }
    if (lacking) refuse([lacking]);
  }
  deploy(vars);
  removeSecrets(others);
}

// What keeps this Worker from running on that database, in words.
async function databaseProblems(vars, manifest, { change }, willMigrate) {
  try {
    const { migrations, service_settings } = await readDeployment(vars);
    const lacking = willMigrate ? null : migrationProblem(migrations);
    const changes = change ? null : changeProblem(service_settings, await serviceDigests(vars, manifest));
    return [lacking, changes, await publishableKeyProblem(vars)];
  } catch (error) {
    return [error.message];
  }
}

// `null` is no problem.
function refuse(problems) {
  const all = problems.filter(Boolean);
  if (all.length > 0) throw new Error(`not deployed:\n  ${all.join('\n  ')}`);
}

if (import.meta.main)
  main().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
