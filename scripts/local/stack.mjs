// The whole product on this machine, in one folder: database and sandbox in one process, the Worker
// in another, a Postgres server if asked for. `scripts/dev` and the tests start it from here.
import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { SANDBOX_PATHS } from '../../tests/sandbox/providers.mjs';
import { sandboxAccounts } from './accounts.mjs';
import { Child } from './child.mjs';
import { USERS, WORKSPACES } from './demo.mjs';
import { clearLeftovers, keepState, prepareKeys, resetFolder, startOf } from './folder.mjs';
import { choosePorts } from './ports.mjs';
import { startPostgres } from './postgres.mjs';
import { bundleOf, prepareVars } from './vars.mjs';
import { ROOT, startWorker } from './wrangler.mjs';

const SERVICES_READY_MS = 60_000;
const TICK_MS = 5 * 60_000;

class Stack {
  constructor({ dir, ports, postgres, template, worker = true, frozen = false, sandbox = {}, vars = {} }) {
    this.dir = resolve(dir);
    this.ports = ports;
    this.usePostgres = postgres;
    this.template = template;
    this.useWorker = worker;
    this.frozen = frozen;
    this.sandboxOptions = sandbox;
    this.varsFile = join(this.dir, '.dev.vars');
    this.moreVars = vars;
    this.pending = new Map();
    this.serial = 0;
  }

  async start(report) {
    mkdirSync(this.dir, { recursive: true });
    this.keys = prepareKeys(join(this.dir, 'keys.json'));
    this.vars = prepareVars(this.varsFile, { ...this.#addresses(), ...this.moreVars });
    this.#writeState();
    mkdirSync(join(this.dir, 'logs'), { recursive: true });
    if (this.template) cpSync(this.template, join(this.dir, 'database'), { recursive: true });
    if (this.usePostgres) {
      report('starting Postgres');
      await this.startPostgres();
    }
    report('starting the database, the sandbox and the Worker');
    const worker = this.useWorker ? this.startWorker() : undefined;
    const started = await Promise.allSettled([this.startServices(), worker]);
    const failed = started.find(({ status }) => status === 'rejected');
    if (failed) throw failed.reason;
    return this;
  }

  #addresses() {
    const sandbox = `http://127.0.0.1:${this.ports.sandbox}`;
    const origins = Object.entries(SANDBOX_PATHS).map(([origin, path]) => [origin, sandbox + path]);
    return {
      SUPABASE_URL: `http://127.0.0.1:${this.ports.supabase}`,
      LOCAL_ORIGINS: JSON.stringify(Object.fromEntries(origins)),
    };
  }

  async startPostgres() {
    const [port, password] = [this.ports.postgres, this.keys.postgres_password];
    this.postgres = startPostgres({ dir: this.dir, port, password });
    this.#writeState();
    await this.postgres.ready;
  }

  async startServices() {
    this.services = new Child({
      name: 'the database and the sandbox',
      command: process.execPath,
      args: [join(ROOT, 'scripts/local/services.mjs'), this.dir],
      env: { LITE_TELEMETRY: '0' },
      cwd: ROOT,
      logFile: join(this.dir, 'logs', 'services.log'),
      ipc: true,
    });
    this.#writeState();
    let ready;
    this.services.process.on('message', (message) => {
      if (message.ready) ready = message.ready;
      else this.#answer(message);
    });
    this.services.process.on('exit', () => this.#failPending());
    this.services.process.send({ start: this.#servicesOptions() });
    await this.services.waitFor(async () => ready !== undefined, SERVICES_READY_MS);
    this.shiftSecs = ready.shiftSecs;
    this.#writeState();
  }

  #servicesOptions() {
    const users = USERS.map((user) => ({ ...user, password: this.keys.passwords[user.email] }));
    return {
      supabase: {
        ...(this.postgres ? { postgresUrl: this.postgres.url } : { dataDir: join(this.dir, 'database') }),
        port: this.ports.supabase,
        keys: {
          publishable: this.vars.SUPABASE_PUBLISHABLE_KEY,
          secret: this.vars.SUPABASE_SECRET_KEY,
          jwtSecret: this.keys.jwt_secret,
        },
        pageUrl: `http://127.0.0.1:${this.ports.worker}/`,
        seed: { workspaces: WORKSPACES, users },
      },
      sandbox: {
        port: this.ports.sandbox,
        accounts: sandboxAccounts(this.vars),
        shiftSecs: this.shiftSecs, // a restart does not move the past
        ...this.sandboxOptions,
      },
    };
  }

  async startWorker() {
    const { dir, varsFile, frozen } = this;
    this.worker = startWorker({ dir, port: this.ports.worker, varsFile, frozen });
    this.#writeState();
    await this.worker.ready;
    this.#writeState();
  }

  // Rows of one SQL statement, run by the database's owner.
  query(sql, params = []) {
    return new Promise((resolve, reject) => {
      const id = ++this.serial;
      this.pending.set(id, { resolve, reject });
      this.services.process.send({ id, sql, params });
    });
  }

  #answer({ id, rows, error }) {
    const { resolve, reject } = this.pending.get(id) ?? {};
    this.pending.delete(id);
    if (error === undefined) resolve?.(rows);
    else reject?.(new Error(error));
  }

  #failPending() {
    for (const { reject } of this.pending.values()) reject(new Error('the database process ended'));
    this.pending.clear();
  }

  tick() {
    return this.worker.tick();
  }

  // As the real cron does; a tick that fails is reported and the next one tries again.
  keepTicking(report) {
    const one = () => this.tick().catch((error) => report(error.message));
    this.ticking = setInterval(one, TICK_MS);
    return one();
  }

  async stop() {
    clearInterval(this.ticking);
    await this.worker?.child.stop();
    await this.services?.stop();
    await this.postgres?.child.stop();
    this.stopped = true;
    if (this.vars) this.#writeState();
  }

  get state() {
    const url = (port) => `http://127.0.0.1:${port}`;
    const webhookSecret = (slug) => bundleOf(this.vars, slug).stripe?.webhook_secret;
    const stripeKey = (slug) => bundleOf(this.vars, slug).stripe?.secret_key;
    const bySlug = (read) =>
      Object.fromEntries(WORKSPACES.map(({ slug }) => [slug, read(slug)]).filter(([, value]) => value));
    return {
      urls: {
        dashboard: `${url(this.ports.worker)}/`,
        supabase: url(this.ports.supabase),
        sandbox: url(this.ports.sandbox),
      },
      keys: {
        publishable: this.vars.SUPABASE_PUBLISHABLE_KEY,
        secret: this.vars.SUPABASE_SECRET_KEY,
        jwt_secret: this.keys.jwt_secret,
      },
      users: USERS.map((user) => ({ ...user, password: this.keys.passwords[user.email] })),
      workspaces: WORKSPACES,
      webhook_secrets: bySlug(webhookSecret),
      stripe_keys: bySlug(stripeKey),
      pids: this.stopped ? {} : this.#pids(),
    };
  }

  #pids() {
    return {
      stack: process.pid,
      stack_started: startOf(process.pid),
      services: this.services?.pid,
      worker: this.worker?.child.pid,
      workerd: this.worker?.workerdPids(),
      postgres: this.postgres?.child.pid,
    };
  }

  // Before what is started is ready, too: whoever comes after a kill -9 has to find it.
  #writeState() {
    keepState(this.dir, this.state);
  }
}

// ports: {supabase, worker, sandbox, postgres}; whatever is missing is a free one. `vars` replaces
// variables of the Worker, `reset` empties the folder first, `worker: false` leaves the Worker out,
// `frozen` runs it from a copy that later builds do not touch; `template` is the database folder that a
// reset starts from.
export async function startStack({
  dir,
  ports = {},
  postgres = false,
  reset = false,
  template,
  report = () => {},
  ...options
}) {
  await clearLeftovers(resolve(dir));
  if (reset) resetFolder(dir);
  const names = ['supabase', 'worker', 'sandbox', ...(postgres ? ['postgres'] : [])];
  const stack = new Stack({
    dir,
    ports: await choosePorts(ports, names),
    postgres,
    template: reset && template,
    ...options,
  });
  try {
    return await stack.start(report);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
