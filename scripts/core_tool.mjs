// What the tools have in common that run the Worker's own core over the real database: its variables, one event
// through the core, how a tool ends.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Core, runFlow } from '../edge-workers/host/core.mjs';
import { Effects } from '../edge-workers/host/effects.mjs';
import { Secrets, configurationProblem } from '../edge-workers/host/secrets.mjs';
import { parseVars } from './local/vars.mjs';
import { ROOT } from './local/wrangler.mjs';

export const STACK_DIR = join(ROOT, '.dev');

/** Of the command line: it is shown how the tool is used. */
export class Usage extends Error {}

/** @param {object} options as parseArgs takes them */
export function parseOptions(args, options) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new Usage(error.message);
  }
}

export const openCore = () =>
  new Core(new WebAssembly.Module(readFileSync(join(ROOT, 'build/edge/tools.wasm'))));

/** Of the file, else of the local stack where there is one, else of production.vars. */
export function readVars({ vars, dir, account }) {
  const stack = !account && existsSync(join(dir, 'state.json')) && join(dir, '.dev.vars');
  const file = vars ?? (stack || join(ROOT, 'production.vars'));
  if (!existsSync(file)) throw new Usage(`${file} is missing: --vars names a file of variables`);
  const env = parseVars(readFileSync(file, 'utf8'), file);
  const problem = configurationProblem(env);
  if (problem) throw new Usage(`${file}: ${problem}`);
  return env;
}

/**
 * One event of a workspace through the core: {status, ...what its flow responds}.
 * @param {Set<string>} allowed kinds of effects that are carried out; what else is wanted is not done
 */
export async function respondTo(core, env, event, allowed) {
  const secrets = new Secrets(env, core.manifest(), event.workspace);
  const effects = new Effects(env, secrets);
  let response;
  const act = (effect, body) => {
    if (effect.kind === 'respond')
      response = { status: effect.status, ...JSON.parse(secrets.redact(new TextDecoder().decode(body))) };
    else if (allowed.has(effect.kind)) return effects.run(effect, body);
  };
  await runFlow(core, { event, config: { supabase_url: env.SUPABASE_URL } }, act);
  return response;
}

/** Ends with 2 where the command line is at fault, with 1 for any other error, each told in a line. */
export function runTool(main, usage) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    if (error instanceof Usage) console.error(`usage: ${usage}`);
    process.exit(error instanceof Usage ? 2 : 1);
  });
}
