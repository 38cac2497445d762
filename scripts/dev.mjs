// Starts the whole product on this machine and keeps it running until Ctrl-C.
// usage: as scripts/dev, which installs and builds first
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { startStack } from './local/stack.mjs';
import { ROOT } from './local/wrangler.mjs';

const PORTS = { supabase: 54321, worker: 8787, sandbox: 9100, postgres: 54322 };
const USAGE = 'usage: scripts/dev [--reset] [--postgres] [--dir FOLDER] [--port N] [--free-ports]';

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        reset: { type: 'boolean', default: false },
        postgres: { type: 'boolean', default: false },
        dir: { type: 'string', default: join(ROOT, '.dev') },
        port: { type: 'string', default: String(PORTS.worker) },
        'free-ports': { type: 'boolean', default: false },
      },
    });
    if (!/^[1-9]\d{0,4}$/.test(values.port) || values.port > 65_535)
      throw new Error(`--port takes a number of 1 to 65535, not '${values.port}'`);
    return { ...values, ports: values['free-ports'] ? {} : { ...PORTS, worker: Number(values.port) } };
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

const say = (text) => console.log(`\x1b[1m== ${text}\x1b[0m`);

function introduce({ state, dir }) {
  const { urls, users, webhook_secrets } = state;
  const column = Math.max(...users.map(({ email }) => email.length));
  console.log(
    `\n  Dashboard  ${urls.dashboard}\n  Supabase   ${urls.supabase}\n  Sandbox    ${urls.sandbox}\n`,
  );
  for (const { email, password, role, workspaces } of users)
    console.log(`  ${email.padEnd(column)}  ${password}  ${role}: ${workspaces.join(', ')}`);
  console.log(
    `\n  Webhooks   ${Object.keys(webhook_secrets)
      .map((slug) => `${urls.dashboard}webhooks/stripe/${slug}`)
      .join('\n             ')}`,
  );
  console.log(
    `  Logs       ${join(dir, 'logs')}\n  State      ${join(dir, 'state.json')}\n\n  Ctrl-C stops all of it.\n`,
  );
}

const options = readOptions();
if (!['edge', 'gateway'].every((name) => existsSync(join(ROOT, `build/edge/${name}.wasm`)))) {
  console.error('build/edge/*.wasm are missing: run scripts/build app (scripts/dev does it by itself)');
  process.exit(1);
}

let stack;
let stopping;
function stop(code) {
  stopping ??= (async () => {
    say('stopping');
    await stack?.stop();
    process.exit(code);
  })();
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));

try {
  stack = await startStack({ ...options, report: say });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
for (const child of [stack.services, stack.worker.child, stack.postgres?.child].filter(Boolean))
  child.ended.then(({ code, signal }) => {
    if (stopping) return;
    console.error(`${child.name} ended (${signal ?? code}); its last lines:\n${child.lastLines()}`);
    stop(1);
  });
introduce(stack);
await stack.keepTicking((problem) => console.error(problem));
