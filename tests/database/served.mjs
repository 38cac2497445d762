// A Supabase in a process of its own, for tests that kill it or what it stands on.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const serverFile = fileURLToPath(new URL('./serve_once.mjs', import.meta.url));
const children = new Set();

/** Nothing outlives a test that failed half way. */
export const killAll = () => children.forEach((child) => child.kill('SIGKILL'));

/** startSupabase(options) over there: {url, isAlive(), kill(signal) -> exit code}. */
export async function serve(options) {
  const child = spawn(process.execPath, [serverFile], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  children.add(child);
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  exited.then(() => children.delete(child));
  child.send(options);
  const url = await Promise.race([
    new Promise((resolve) => child.once('message', resolve)),
    exited.then(() => Promise.reject(new Error(errors.slice(0, 500)))),
  ]);
  return {
    url,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    kill(signal) {
      child.kill(signal);
      return exited;
    },
  };
}
