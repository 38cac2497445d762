// A child process with its own log file and its own process group, so that stopping it stops all
// that it started.
import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

const STOP_MS = 5000;

// Whoever ends without having stopped them, as a test that is interrupted, leaves none behind.
const living = new Set();
process.on('exit', () => living.forEach((child) => child.signal('SIGKILL')));

export class Child {
  constructor({ name, command, args, env, cwd, logFile, ipc = false }) {
    this.name = name;
    this.logFile = logFile;
    const stdio = ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc'] : [])];
    this.process = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio, detached: true });
    const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
    this.process.stdout.pipe(log, { end: false });
    this.process.stderr.pipe(log, { end: false });
    if (this.pid !== undefined) living.add(this); // else it could not be started
    this.ended = once(this.process, 'exit').then(([code, signal]) => {
      living.delete(this);
      return (this.exit = { code, signal });
    });
  }

  get pid() {
    return this.process.pid;
  }

  get running() {
    return this.exit === undefined;
  }

  signal(name) {
    try {
      process.kill(-this.pid, name);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }

  // The whole group at once, with no chance to save anything.
  async kill() {
    this.signal('SIGKILL');
    await this.ended;
  }

  async stop() {
    if (this.running) {
      this.signal('SIGTERM');
      await Promise.race([this.ended, pause(STOP_MS, undefined, { ref: false })]);
    }
    this.signal('SIGKILL');
    await this.ended;
  }

  lastLines(count = 15) {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  }

  // Waits until `ready()` is true; says what the log ended with when it never is.
  async waitFor(ready, timeoutMs) {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      if (!this.running) break;
      if (await ready().catch(() => false)) return;
      await pause(100);
    }
    const why = this.running ? `not ready after ${timeoutMs / 1000} s` : 'ended';
    throw new Error(`${this.name} ${why}; the last lines of ${this.logFile}:\n${this.lastLines()}`);
  }
}
