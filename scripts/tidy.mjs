// clang-tidy over the given sources, with the flags of the sanitized clang build. A file that
// was clean is not looked at again until it, a header it includes or the list of checks changes.
// usage: tidy.mjs FILE.cpp...      (paths relative to the project)
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const BUILD = 'build/asan';
const CACHE = '.dev/cache/tidy';
const root = realpathSync('.');
const wanted = new Set(process.argv.slice(2).map((file) => path.resolve(file)));

/** The compile commands of the wanted sources that this build compiles. */
function commands() {
  const all = JSON.parse(readFileSync(path.join(BUILD, 'compile_commands.json'), 'utf8'));
  return all.filter(({ file }) => wanted.has(file));
}

/** Object file -> the project's own files it was made from, as Ninja recorded them. */
function dependencies() {
  const text = execFileSync('ninja', ['-C', BUILD, '-t', 'deps'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const blocks = text.split('\n\n').map((block) => block.trim().split('\n'));
  const own = (line) => {
    const file = path.resolve(BUILD, line.trim());
    if (!existsSync(file)) return [];
    const real = realpathSync(file);
    return real.startsWith(root) && !real.startsWith(path.join(root, '.dev')) ? [real] : [];
  };
  return new Map(blocks.map(([head, ...lines]) => [head.split(':')[0], lines.flatMap(own)]));
}

function keyOf({ file, command }, includes) {
  const hash = createHash('sha256').update(readFileSync('.clang-tidy')).update(command);
  for (const each of [file, ...includes].sort()) hash.update(each).update(readFileSync(each));
  return hash.digest('hex');
}

function tidy(file) {
  return new Promise((resolve) => {
    const options = ['--quiet', '-p', BUILD, file];
    execFile('clang-tidy', options, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error) console.log(`== ${path.relative(root, file)}\n${stdout}${stdout.trim() ? '' : stderr}`);
      resolve(!error);
    });
  });
}

async function check(entry, includes) {
  const mark = path.join(CACHE, keyOf(entry, includes));
  if (existsSync(mark)) return true;
  const clean = await tidy(entry.file);
  if (clean) writeFileSync(mark, '');
  return clean;
}

async function main() {
  mkdirSync(CACHE, { recursive: true });
  const queue = commands();
  const total = queue.length;
  const includes = dependencies();
  let failed = 0;
  const worker = async () => {
    for (let entry = queue.shift(); entry; entry = queue.shift()) {
      if (!(await check(entry, includes.get(entry.output) ?? []))) failed++;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (total === 0 && wanted.size > 0) throw new Error(`${BUILD} compiles none of these sources`);
  console.log(`${total - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
