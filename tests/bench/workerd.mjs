// A workerd process of its own for a set of modules, without wrangler in between.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from '../../scripts/local/ports.mjs';

const HOST = ['core.mjs', 'secrets.mjs', 'captures.mjs', 'signatures.mjs'];
const TICKS_PER_SECOND = 100; // of /proc's clock, on every Linux

function configuration(port, wasmCount) {
  const wasm = Array.from(
    { length: wasmCount },
    (_, i) => `(name = "edge${i}.wasm", wasm = embed "edge${i}.wasm")`,
  );
  const scripts = ['worker.mjs', ...HOST, 'modules.mjs'].map(
    (name) => `(name = "${name}", esModule = embed "${name}")`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "bench", worker = (
    modules = [${[...scripts, ...wasm].join(', ')}], compatibilityDate = "2026-11-01"))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "bench")]);
`;
}

async function writeFolder(folder, port, wasmFiles) {
  await mkdir(folder, { recursive: true });
  await copyFile('tests/bench/worker.mjs', `${folder}/worker.mjs`);
  await Promise.all(HOST.map((name) => copyFile(`edge-workers/host/${name}`, `${folder}/${name}`)));
  await Promise.all(wasmFiles.map((file, i) => copyFile(file, `${folder}/edge${i}.wasm`)));
  const imports = wasmFiles.map((_, i) => `import edge${i} from './edge${i}.wasm';\n`).join('');
  await writeFile(
    `${folder}/modules.mjs`,
    `${imports}export default [${wasmFiles.map((_, i) => `edge${i}`)}];\n`,
  );
  await writeFile(`${folder}/config.capnp`, configuration(port, wasmFiles.length));
}

async function untilListening(url) {
  for (let tries = 0; tries < 100; tries++) {
    const answered = await fetch(`${url}/run?side=none&times=0`).catch(() => null);
    if (answered) return;
    await sleep(50);
  }
  throw new Error('workerd does not listen');
}

/** `cpuSeconds`: user and system time of all threads of the process so far. `stop` waits for its end. */
export async function startWorkerd(folder, wasmFiles) {
  const port = await freePort();
  await writeFolder(folder, port, wasmFiles);
  const child = spawn('node_modules/.bin/workerd', ['serve', `${folder}/config.capnp`], { stdio: 'inherit' });
  const url = `http://127.0.0.1:${port}`;
  await untilListening(url);
  const cpuSeconds = async () => {
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name may hold blanks
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  };
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  };
  return { url, pid: child.pid, cpuSeconds, stop };
}
