// `.dev.vars`: the Worker's variables on this machine, one NAME=value a line, as wrangler reads them.
// Written once with random keys; whoever runs the stack may edit it, so it is checked at each start.
import { existsSync, readFileSync } from 'node:fs';

import { variableOf } from '../../edge-workers/host/secrets.mjs';
import { demoAgencyKeys, demoBundles, random } from './demo.mjs';
import { keepFile } from './folder.mjs';

const REQUIRED = ['SUPABASE_PUBLISHABLE_KEY', 'SUPABASE_SECRET_KEY'];
const HEAD = '# Variables of the local Worker. Delete this file to have it written anew.\n';

const OR_ANEW = 'or delete the file to have it written anew.';

// A value is as it stands, or inside single or double quotes. What could be meant in two ways is refused: a remark
// behind a value would be part of a key.
export function parseVars(text, file) {
  const vars = {};
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '' || line.trim().startsWith('#')) return;
    const [, name, value] = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    const problem = !name
      ? 'is not NAME=value'
      : Object.hasOwn(vars, name)
        ? `names ${name} a second time`
        : valueProblem(value);
    if (problem) throw new Error(`${file}: line ${i + 1} ${problem}`);
    vars[name] = value.replace(/^(['"])(.*)\1$/, '$2');
  });
  return vars;
}

function valueProblem(value) {
  const quote = /^['"]/.exec(value)?.[0];
  if (quote) return value.length < 2 || !value.endsWith(quote) ? 'has a quote that is not closed' : null;
  return /\s#/.test(value)
    ? 'has a # behind a space: put a remark on a line of its own, a value in quotes'
    : null;
}

function formatVars(vars) {
  const line = ([name, value]) => `${name}='${value}'`;
  return `${HEAD}${Object.entries(vars).map(line).join('\n')}\n`;
}

function demoVars() {
  const vars = {
    SUPABASE_PUBLISHABLE_KEY: random('sb_publishable_', 16),
    SUPABASE_SECRET_KEY: random('sb_secret_'),
    ...demoAgencyKeys(),
  };
  for (const [slug, bundle] of Object.entries(demoBundles())) vars[variableOf(slug)] = JSON.stringify(bundle);
  return vars;
}

// Only this file may be deleted: a deployment's own is made by nobody else.
function readVars(file) {
  try {
    return parseVars(readFileSync(file, 'utf8'), file);
  } catch (error) {
    throw new Error(`${error.message}. Correct it, ${OR_ANEW}`, { cause: error });
  }
}

// Reads the file, or writes it when it is missing; the addresses follow the ports of this start.
export function prepareVars(file, addresses) {
  const known = existsSync(file) ? readVars(file) : demoVars();
  const missing = REQUIRED.filter((name) => !known[name]);
  if (missing.length > 0) throw new Error(`${file}: ${missing.join(' and ')} missing. Add it, ${OR_ANEW}`);
  const vars = { ...known, ...addresses };
  keepFile(file, formatVars(vars));
  return vars;
}

// The secret values by workspace, for the tools that steer the stack; a bad bundle has none.
export function bundleOf(vars, slug) {
  try {
    return JSON.parse(vars[variableOf(slug)] ?? '{}') ?? {};
  } catch {
    return {};
  }
}
