// The Worker in workerd, run by `wrangler dev` with its storage, queue and assets on this machine.
import { cpSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Child } from './child.mjs';
import { CRON } from './worker_config.mjs';

const READY_MS = 60_000;

export const ROOT = resolve(import.meta.dirname, '../..');

// Wrangler keeps everything inside `dir` and asks nothing of the network.
const quiet = (dir) => ({
  CI: '1',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_LOG_PATH: join(dir, 'logs', 'wrangler-debug'),
  WRANGLER_REGISTRY_PATH: join(dir, 'wrangler-registry'),
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  X_LOCAL_OBSERVABILITY: 'false', // it would keep the URLs of all calls, with a token in Meta's
  XDG_CONFIG_HOME: join(dir, 'config'),
  NO_COLOR: '1',
});

// A copy of all that the Worker is made of: wrangler restarts it when a file changes, which is right
// for whoever works on it and wrong under a test.
function copyOfSources(folder) {
  rmSync(folder, { recursive: true, force: true });
  for (const path of [
    'wrangler.toml',
    'edge-workers/host',
    'build/edge/edge.wasm',
    'build/edge/gateway.wasm',
    'public',
  ])
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  return folder;
}

// `frozen`: run from a copy of the sources as they are now. `ready`: once it answers.
export function startWorker({ dir, port, varsFile, frozen }) {
  const cli = join(ROOT, 'node_modules/wrangler/wrangler-dist/cli.js');
  const child = new Child({
    name: 'the Worker',
    command: process.execPath,
    args: [
      '--no-warnings',
      '--experimental-vm-modules',
      cli,
      'dev',
      '--local',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--inspector-port',
      '0',
      '--persist-to',
      join(dir, 'wrangler'),
      '--env-file',
      varsFile,
      '--show-interactive-dev-session=false',
    ],
    env: quiet(dir),
    cwd: frozen ? copyOfSources(join(dir, 'sources')) : ROOT,
    logFile: join(dir, 'logs', 'worker.log'),
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = async () => (await fetch(`${url}/config.json`)).status !== 503;
  const ready = child.waitFor(answers, READY_MS);
  return { url, child, ready, workerdPids: () => workerdPids(child.pid), tick: () => tick(url) };
}

// The processes named workerd below wrangler's own.
function workerdPids(parent) {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, name, rest] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
        return [{ pid: Number(pid), name, parent: Number(rest) }];
      } catch {
        return []; // it ended meanwhile
      }
    });
  return stats.filter((one) => one.name === 'workerd' && one.parent === parent).map(({ pid }) => pid);
}

// `wrangler dev` has cron triggers but does not fire them: this does.
async function tick(url) {
  const reply = await fetch(`${url}/cdn-cgi/handler/scheduled?cron=${CRON.replaceAll(' ', '+')}`);
  const text = await reply.text();
  if (!reply.ok || text.trim() !== 'ok') throw new Error(`the tick failed: ${reply.status} ${text.trim()}`);
}
