// See scripts/size. Every file is compressed by itself, as a server would send it.
import { readFile } from 'node:fs/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const KINDS = ['raw', 'gzip', 'brotli'];

/** @returns {{raw: number, gzip: number, brotli: number}} in bytes */
function measure(bytes) {
  return {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes).length,
  };
}

function sum(sizes) {
  return Object.fromEntries(
    KINDS.map((kind) => [kind, sizes.reduce((total, size) => total + size[kind], 0)]),
  );
}

async function measureParts(parts) {
  const sizes = {};
  for (const [name, part] of Object.entries(parts)) {
    sizes[name] = part.of
      ? sum(part.of.map((other) => sizes[other]))
      : sum(await Promise.all(part.files.map(async (file) => measure(await readFile(file)))));
  }
  return sizes;
}

/** One line per limit, for people and for the test totals. */
function verdicts(parts, sizes) {
  return Object.entries(parts).flatMap(([name, { budget }]) =>
    Object.entries(budget).map(([kind, limit]) => {
      const size = sizes[name][kind];
      const share = Math.round((100 * size) / limit);
      return { ok: size <= limit, text: `${name}: ${size} of ${limit} bytes ${kind} (${share}%)` };
    }),
  );
}

function print(sizes) {
  const row = (name, values) =>
    console.log(name.padEnd(18) + values.map((value) => String(value).padStart(10)).join(''));
  row('bytes', KINDS);
  for (const [name, size] of Object.entries(sizes))
    row(
      name,
      KINDS.map((kind) => size[kind]),
    );
}

const { parts } = JSON.parse(await readFile('budgets.json', 'utf8'));
const sizes = await measureParts(parts);
print(sizes);
const limits = verdicts(parts, sizes);
for (const { ok, text } of limits) console.log(`${ok ? 'ok    ' : 'FAILED'} ${text}`);
const failed = limits.filter(({ ok }) => !ok).length;
console.log(`${limits.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
