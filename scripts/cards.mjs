// What the cards of a workspace show, or showed at a time of the last 90 days: facts_history judged by the page's own
// rules with the clock of then. Nothing is written.
//
// usage: cards.mjs --workspace SLUG [options]
//   --at TIME       "2026-11-24 09:00" in the workspace's zone, or with an offset; else now
//   --service NAME  its card alone, with what the verdict rests on
//   --json          for machines, with the evidence of each
//   --vars FILE     NAME=value lines with SUPABASE_URL and SUPABASE_SECRET_KEY (the local stack's; production.vars)
//   --dir FOLDER    the local stack's (.dev)

import { STACK_DIR, Usage, openCore, parseOptions, readVars, respondTo, runTool } from './core_tool.mjs';

const AT =
  /^(20\d\d-\d\d-\d\d)[ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)?$/i;
const ALLOWED = new Set(['http']);

const text = { type: 'string' };
const OPTIONS = {
  workspace: text,
  at: text,
  service: text,
  vars: text,
  dir: { type: 'string', default: STACK_DIR },
  json: { type: 'boolean', default: false },
};

// Of a day that its month has.
function isTime(text) {
  const [, day] = AT.exec(text) ?? [];
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.valueOf()) && date.toISOString().startsWith(day);
}

function readOptions(args) {
  const options = parseOptions(args, OPTIONS);
  const { workspace, at } = options;
  if (!workspace) throw new Usage('--workspace missing');
  if (at !== undefined && !isTime(at)) throw new Usage('--at is no time like "2026-11-24 09:00"');
  return options;
}

const capitalised = (words) => words.charAt(0).toUpperCase() + words.slice(1);

function cardLines(card, time, width, withEvidence) {
  const { badge, name, words, last_sync_at, who, next_step, evidence } = card;
  const lastSync = last_sync_at ? `last sync ${time(last_sync_at)}` : 'never synced';
  const lines = [`${capitalised(badge).padEnd(9)}${name.padEnd(width)}  ${words}, ${lastSync}`];
  if (next_step) lines.push(`${' '.repeat(11 + width)}${who ? `${who}: ` : ''}${next_step}`);
  if (withEvidence)
    for (const { label, value, at } of evidence)
      lines.push(`${' '.repeat(9)}${label}: ${value}${at ? ` (${time(at)})` : ''}`);
  return lines;
}

function toText({ name, time_zone, at, summary, cards }, withEvidence) {
  const timeIn = (options) => {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: time_zone, ...options });
    return (iso) => format.format(new Date(iso));
  };
  const parts = { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' };
  const time = timeIn(parts);
  // With the offset: in autumn an hour comes twice.
  const timeAsked = timeIn({ ...parts, timeZoneName: 'shortOffset' });
  const width = Math.max(...cards.map((card) => card.name.length));
  const head = `${name}, ${timeAsked(at)} (${time_zone}): ${summary}`;
  return [head, ...cards.flatMap((card) => cardLines(card, time, width, withEvidence))].join('\n');
}

export async function main(args) {
  const options = readOptions(args);
  const { workspace, at, service, json } = options;
  const core = openCore();
  const { status, message, ...shown } = await respondTo(
    core,
    readVars(options),
    { kind: 'cards', workspace, ...(at && { at }) },
    ALLOWED,
  );
  if (status !== 200) throw new Error(message);
  if (service) {
    shown.cards = shown.cards.filter((card) => card.service === service);
    if (shown.cards.length === 0) throw new Error(`${workspace} has no card of ${service} at that time`);
  }
  console.log(json ? JSON.stringify(shown, null, 2) : toText(shown, Boolean(service)));
}

if (import.meta.main)
  runTool(main, 'cards --workspace SLUG [--at TIME] [--service NAME] [--json] [--vars FILE] [--dir FOLDER]');
