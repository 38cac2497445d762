// A workerd process of its own for Workers with some modules each, without wrangler in between.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from '../../scripts/local/ports.mjs';

const SCRIPTS = ['worker.mjs', 'first_flows.mjs'];
// All of the host but its entry: the benchmark has one of its own.
const HOST = readdirSync('edge-workers/host').filter(
  (name) => name.endsWith('.mjs') && name !== 'worker.mjs',
);
const TICKS_PER_SECOND = 100; // of /proc's clock, on every Linux

function service(wasmFiles, i) {
  const wasm = wasmFiles.map((_, j) => `(name = "edge${j}.wasm", wasm = embed "worker${i}/edge${j}.wasm")`);
  const scripts = [...SCRIPTS, ...HOST].map((name) => `(name = "${name}", esModule = embed "${name}")`);
  scripts.push(`(name = "modules.mjs", esModule = embed "worker${i}/modules.mjs")`);
  return `(name = "worker${i}", worker = (
    modules = [${[...scripts, ...wasm].join(', ')}], compatibilityDate = "2026-11-01"))`;
}

const socket = (port, i) =>
  `(name = "http${i}", address = "127.0.0.1:${port}", http = (), service = "worker${i}")`;

const configuration = (workers, ports) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${workers.map(service).join(',\n  ')}],
  sockets = [${ports.map(socket).join(', ')}]);
`;

async function writeModules(folder, wasmFiles) {
  await mkdir(folder, { recursive: true });
  await Promise.all(wasmFiles.map((file, i) => copyFile(file, `${folder}/edge${i}.wasm`)));
  const imports = wasmFiles.map((_, i) => `import edge${i} from './edge${i}.wasm';\n`).join('');
  await writeFile(
    `${folder}/modules.mjs`,
    `${imports}export default [${wasmFiles.map((_, i) => `edge${i}`)}];\n`,
  );
}

async function writeFolder(folder, workers, ports) {
  await mkdir(folder, { recursive: true });
  await Promise.all(SCRIPTS.map((name) => copyFile(`tests/bench/${name}`, `${folder}/${name}`)));
  await Promise.all(HOST.map((name) => copyFile(`edge-workers/host/${name}`, `${folder}/${name}`)));
  await Promise.all(workers.map((wasmFiles, i) => writeModules(`${folder}/worker${i}`, wasmFiles)));
  await writeFile(`${folder}/config.capnp`, configuration(workers, ports));
}

async function untilListening(url) {
  for (let tries = 0; tries < 100; tries++) {
    const answered = await fetch(`${url}/run?side=none&times=0`).catch(() => null);
    if (answered) return;
    await sleep(50);
  }
  throw new Error('workerd does not listen');
}

/** `workers`: for each Worker of the process, the modules in it (paths); `urls` are in the same order.
 * `cpuSeconds`: user and system time of all threads of the process so far. `stop` waits for its end. */
export async function startWorkerd(folder, workers) {
  const ports = [];
  while (ports.length < workers.length) ports.push(await freePort(ports));
  await writeFolder(folder, workers, ports);
  const child = spawn('node_modules/.bin/workerd', ['serve', `${folder}/config.capnp`], { stdio: 'inherit' });
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  await Promise.all(urls.map(untilListening));
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
  return { urls, pid: child.pid, cpuSeconds, stop };
}
