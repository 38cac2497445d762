// The process that holds the database (REST, sign-in, realtime) and the providers' sandbox. It is
// told what to do by its parent over IPC: {start: {...}} once, then {id, sql, params}.
import { startSandbox } from '../../tests/sandbox/server.mjs';
import { startSupabase } from './supabase/server.mjs';

let supabase, sandbox;

async function start(options) {
  supabase = await startSupabase(options.supabase);
  sandbox = await startSandbox(options.sandbox);
  process.send({ ready: { supabase: supabase.url, sandbox: sandbox.url, shiftSecs: sandbox.shiftSecs } });
}

async function query({ id, sql, params }) {
  try {
    process.send({ id, rows: await supabase.query(sql, params) });
  } catch (error) {
    process.send({ id, error: error.message });
  }
}

async function stop() {
  await sandbox?.close();
  await supabase?.close();
  process.exit(0);
}

process.on('message', (message) => {
  const fail = (error) => {
    console.error(error);
    process.exit(1);
  };
  if (message.start) start(message.start).catch(fail);
  else query(message);
});
process.on('SIGTERM', () => stop().catch(() => process.exit(1)));
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the parent decides
process.on('disconnect', stop);
