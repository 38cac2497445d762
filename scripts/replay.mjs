// Reads archived bytes again with today's parsers, through the Worker's own core and host, and shows which
// rows would change (docs/replay.md). Nothing is written without --apply.
//
// usage: replay.mjs --workspace SLUG --service NAME [options]
// where the bytes are
//   --local         the local stack's bucket (default); --dir FOLDER: .dev
//   --folder DIR    a folder with keys as paths, as --export writes it; no --workspace and --service needed
//   --account       the account's bucket: CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID in the environment
//   --vars FILE     NAME=value lines with SUPABASE_URL and SUPABASE_SECRET_KEY (the stack's; production.vars)
// which objects
//   --stream NAME   "webhook" for deliveries    --since ISO  --until ISO   when a run began, a delivery came
//   --state STATE   of a receipt (unreadable, failed, ...) or of a run
// what is done
//   --apply         write the rows     --export DIR   copy the objects instead of reading them
//   --json          for machines       --examples N   changed rows to show of each table (3)
import { resolve } from 'node:path';

import { settingsFor } from '../edge-workers/host/secrets.mjs';
import { openAccountBucket } from './archive/account.mjs';
import { FolderBucket } from './archive/folder.mjs';
import { LocalBucket } from './archive/local.mjs';
import { Database, objectsOfDatabase, objectsOfFolder } from './archive/objects.mjs';
import { Summary } from './archive/summary.mjs';
import { STACK_DIR, Usage, openCore, parseOptions, readVars, respondTo, runTool } from './core_tool.mjs';

// The replay flow reads objects, checks what they carry and asks the database; nothing else.
const ALLOWED = new Set(['get_object', 'http', 'verify']);
const MOST_FAILURES_IN_A_ROW = 5;

// Of receipts and of runs.
const STATES = 'received applied ignored unreadable failed queued running waiting succeeded'.split(' ');

const OPTIONS = {
  ...Object.fromEntries(
    ['workspace', 'service', 'stream', 'since', 'until', 'state', 'folder', 'vars', 'export'].map((name) => [
      name,
      { type: 'string' },
    ]),
  ),
  dir: { type: 'string', default: STACK_DIR },
  examples: { type: 'string', default: '3' },
  ...Object.fromEntries(
    ['local', 'account', 'apply', 'json'].map((name) => [name, { type: 'boolean', default: false }]),
  ),
};

function readOptions(args) {
  const options = parseOptions(args, OPTIONS);
  const { folder, account, local, examples } = options;
  if ([folder, account, local].filter(Boolean).length > 1)
    throw new Usage('one of --local, --folder and --account');
  if (!/^\d{1,3}$/.test(examples)) throw new Usage('--examples needs a number');
  for (const name of ['since', 'until'])
    if (options[name] && Number.isNaN(Date.parse(options[name]))) throw new Usage(`--${name} is no time`);
  if (options.state && !STATES.includes(options.state))
    throw new Usage(`--state is none of ${STATES.join(', ')}`);
  const needed = folder ? [] : ['workspace', 'service'];
  const missing = needed.filter((name) => !options[name]);
  if (missing.length > 0) throw new Usage(`--${missing.join(' and --')} missing`);
  const useless = folder ? ['since', 'until', 'state', 'export'].filter((name) => options[name]) : [];
  if (useless.length > 0) throw new Usage(`--${useless.join(' and --')} cannot be had from a folder`);
  return { ...options, examples: Number(examples) };
}

// Whose keys the core knows.
function checkService({ service }, { secrets }) {
  const services = [...new Set(secrets.map(({ name }) => name.split('.')[0]))];
  if (service && !services.includes(service)) throw new Usage(`--service is none of ${services.join(', ')}`);
}

async function openBucket({ folder, account, dir }) {
  if (account) return openAccountBucket();
  return { bucket: folder ? new FolderBucket(resolve(folder)) : new LocalBucket(resolve(dir)), close() {} };
}

// {status, ...what the flow responds}
function replayObject(core, env, { object_key, workspace, client_id }, { apply, examples }) {
  const { ids } = settingsFor(env, core.manifest(), workspace);
  const event = { kind: 'replay', workspace, client_id, object_key, apply, examples, ids };
  return respondTo(core, env, event, ALLOWED);
}

async function replayAll(core, env, objects, options, report) {
  const summary = new Summary(options.examples);
  let failures = 0;
  for await (const object of objects) {
    const { status, message, ...found } = object.client_id
      ? await replayObject(core, env, object, options)
      : { status: 422, message: 'no workspace of this database' };
    failures = status === 503 ? failures + 1 : 0;
    if (status === 200) summary.add(found);
    else if (status === 404 && !object.sure) summary.absent++;
    else {
      summary.addProblem(object.object_key, message);
      report(`${object.object_key}: ${message}`);
    }
    if (failures >= MOST_FAILURES_IN_A_ROW) throw new Error(`given up after ${failures} objects: ${message}`);
  }
  return summary;
}

// The objects with what is kept beside them. A page's metadata may be an object of its own.
async function exportAll(bucket, objects, folder, report) {
  const target = new FolderBucket(resolve(folder));
  let [copied, absent] = [0, 0];
  for await (const { object_key, sure } of objects) {
    const object = await bucket.get(object_key);
    if (!object) {
      absent++;
      if (sure) report(`${object_key}: there is no such object`);
      continue;
    }
    let metadata = object.customMetadata ?? {};
    if (metadata.sidecar) {
      const beside = await bucket.get(`${object_key}.meta.json`);
      metadata = beside ? JSON.parse(new TextDecoder().decode(await beside.arrayBuffer())) : {};
    }
    await target.put(object_key, new Uint8Array(await object.arrayBuffer()), metadata);
    copied++;
  }
  return { copied, absent };
}

export async function main(args, { print = console.log, report = console.error } = {}) {
  const options = readOptions(args);
  const core = openCore();
  checkService(options, core.manifest());
  const vars = readVars(options);
  const { bucket, close } = await openBucket(options);
  try {
    const database = new Database(vars);
    const objects = options.folder
      ? objectsOfFolder(bucket, database, options)
      : objectsOfDatabase(database, options);
    if (options.export) {
      const done = await exportAll(bucket, objects, options.export, report);
      print(options.json ? JSON.stringify(done) : `${done.copied} objects copied to ${options.export}`);
      return;
    }
    const summary = await replayAll(core, { ...vars, RAW: bucket }, objects, options, report);
    if (summary.objects + summary.absent + summary.problem_count === 0)
      report('nothing is archived of what --stream, --state, --since and --until ask for');
    print(
      options.json ? JSON.stringify(summary.toJson(options.apply), null, 2) : summary.toText(options.apply),
    );
  } finally {
    await close();
  }
}

if (import.meta.main)
  runTool(
    main,
    'replay --workspace SLUG --service NAME [--local [--dir FOLDER] | --folder DIR | --account] [--vars FILE] [--stream NAME] [--since ISO] [--until ISO] [--state STATE] [--apply | --export DIR] [--json] [--examples N]',
  );
