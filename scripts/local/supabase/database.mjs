// The database under the local stack: PGlite in a folder (default) or a real Postgres.
// Both give the same object, so that nothing above asks which one it is:
//   query(sql, params) -> rows          as the superuser, one statement
//   transaction(work)                   work(query) in one transaction, rolled back on a throw
//   listen(channel, onPayload, onLost)  NOTIFY from committed transactions; onLost: some may
//                                       be missing, the connection was away
//   exclusive(task)                     the lock that REST requests take

import { inspect } from 'node:util';

import { createPgliteConnection } from '@supabase/lite/pglite';
import { createPostgresConnection } from '@supabase/lite/postgres';

import { FifoLock, NoLock } from './fifo_lock.mjs';
import { lockFolder } from './folder_lock.mjs';
import { inTransaction } from './migrations.mjs';

export async function openPglite(folder) {
  const release = lockFolder(folder);
  try {
    const connection = likeHosted(await createPgliteConnection({ url: folder }));
    return pgliteDatabase(connection, release);
  } catch (error) {
    release();
    throw error;
  }
}

function pgliteDatabase(connection, release) {
  const { driver } = connection;
  const lock = new FifoLock();
  const query = async (sql, params = []) => (await driver.query(sql, params)).rows;
  return {
    driver: 'pglite',
    connection,
    // the wire protocol counts parameters in 16 bits and PGlite reads them as signed
    maxBindParameters: 32767,
    exclusive: (task) => lock.run(task),
    query: (sql, params) => lock.run(() => query(sql, params)),
    transaction: (work) => lock.run(() => inTransaction(query, (script) => driver.exec(script), work)),
    listen: (channel, onPayload) => driver.listen(channel, onPayload),
    close: () =>
      lock.run(async () => {
        await connection.close();
        release();
      }),
  };
}

// What postgres.js does with a jsonb argument: lite hands it JSON text already.
const passText = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
const jsonTypes = {
  json: { to: 114, from: [114], serialize: passText, parse: JSON.parse },
  jsonb: { to: 3802, from: [3802], serialize: passText, parse: JSON.parse },
};

export async function openPostgres(url) {
  const connection = likeHosted(
    createPostgresConnection({
      url,
      postgresOptions: { max: 10, onnotice: () => {}, types: jsonTypes },
    }),
  );
  const { driver } = connection;
  driver.reserve = reserveUntilLost(driver.reserve);
  const removeGuard = guardAgainstLostServer();
  const lock = new NoLock();
  return {
    driver: 'postgres',
    connection,
    maxBindParameters: 65535,
    exclusive: (task) => lock.run(task),
    query: async (sql, params = []) => [...(await driver.unsafe(sql, params))],
    transaction: async (work) => {
      const reserved = await driver.reserve();
      const query = async (sql, params = []) => [...(await reserved.unsafe(sql, params))];
      try {
        return await inTransaction(query, query, work);
      } finally {
        reserved.release();
      }
    },
    listen: async (channel, onPayload, onLost) => {
      let isFirst = true;
      const onListening = () => {
        if (!isFirst) onLost();
        isFirst = false;
      };
      return (await driver.listen(channel, onPayload, onListening)).unlisten;
    },
    close: async () => {
      await driver.end({ timeout: 2 });
      removeGuard();
    },
  };
}

// After these a connection closes, and is told of when it has: between, it would be given to the next one.
// https://www.postgresql.org/docs/current/errcodes-appendix.html (admin_shutdown, crash_shutdown)
const ENDS_CONNECTION = /^(57P0[12]|ECONNRESET|EPIPE|CONNECTION_CLOSED)$/;

// postgres.js 3.4.9 writes to a reserved connection after it was lost, and takes it back as an
// open one: what is asked of it is never answered, neither then nor by whoever has it next. So a
// lost one answers with its error, also what was asked while the end was on its way, and is not
// given back: it is back in the pool since it closed.
function reserveUntilLost(reserve) {
  return async () => {
    const reserved = await reserve();
    let [isWatched, isLost] = [false, false];
    let lose;
    const loss = new Promise((_, reject) => (lose = reject));
    loss.catch(() => {}); // a connection that nobody uses may be lost
    const watch = (connection) => {
      isWatched = true;
      connection.onclose = (error) => {
        isLost = true;
        lose(error);
      };
      return true; // as without a watcher: the connection takes more
    };
    return {
      unsafe(sql, params = []) {
        if (isLost) return loss;
        const answer = reserved.unsafe(sql, params, { onexecute: watch }).catch((error) => {
          if (isWatched && ENDS_CONNECTION.test(error.code)) return loss;
          throw error;
        });
        return Promise.race([answer, loss]);
      },
      release() {
        if (!isLost) reserved.release();
      },
    };
  };
}

// Two things the embedded API does otherwise than hosted PostgREST. It prints each database
// error with its statement and all its values, which are people's rows: code and message are
// enough. And it answers 500 where a row breaks a rule: that is the caller's mistake, 400.
function likeHosted(connection) {
  const normalize = connection.normalizeDbError.bind(connection);
  connection.normalizeDbError = (error) => {
    const normal = normalize(error);
    if (normal === null || typeof normal !== 'object') return normal;
    const text = `database: ${normal.code ?? 'error'} ${normal.message}`;
    const answer = isBrokenRule(normal.code) ? withStatus(400, normal) : normal;
    return Object.defineProperty(answer, inspect.custom, { value: () => text, configurable: true });
  };
  return connection;
}

// 23505 and 23503 are 409 there as well.
const isBrokenRule = (code) => /^23|^P0001$/.test(code ?? '') && !['23505', '23503', '23502'].includes(code);

// PostgREST's own way for a function to choose its status.
function withStatus(status, { code, message, detail = null, hint = null }) {
  return {
    code: 'PGRST',
    message: JSON.stringify({ code, message, details: detail, hint }),
    detail: JSON.stringify({ status, headers: {} }),
  };
}

// postgres.js 3.4.9 throws outside of any promise when the server is killed under it. The
// queries concerned are rejected as well, so nothing is hidden: only the process survives.
function guardAgainstLostServer() {
  const isLostServer = (error) =>
    /CONNECTION_|ECONNREFUSED|ECONNRESET|EPIPE|57P0[123]/.test(`${error?.code} ${error?.message}`) ||
    /postgres[/\\](src|cjs)[/\\]/.test(error?.stack ?? '');
  const guard = (error) => {
    if (isLostServer(error)) {
      console.error(`postgres: connection lost (${error.code ?? error.message}), reconnecting`);
      return;
    }
    console.error(error);
    process.exit(1);
  };
  process.on('uncaughtException', guard);
  process.on('unhandledRejection', guard);
  return () => {
    process.off('uncaughtException', guard);
    process.off('unhandledRejection', guard);
  };
}
