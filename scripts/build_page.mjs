// Fills public/app/: fonts, the page's JavaScript (one bundle), the theme's colours as CSS and
// the dashboard's program.
// Fonts are made again only when something they are made of has changed.
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => path.join(root, ...parts);
const out = at('public/app');
const ENTRY = at('web-ui/platform/page.mjs');
const FONT_SOURCES = [
  'scripts/build_fonts.mjs',
  'scripts/icon_outline.mjs',
  'web-ui/theme/icons.hpp',
  'package-lock.json',
];
const FONTS = ['inter-text.ttf', 'inter-title.ttf', 'icons.ttf'];
const PROGRAM = ['dashboard.js', 'dashboard.wasm'];

/** Time of the last change in ms; null when there is no such file. */
async function changed(file) {
  return (await stat(file).catch(() => null))?.mtimeMs ?? null;
}

async function buildFonts() {
  const sources = await Promise.all(FONT_SOURCES.map((name) => changed(at(name))));
  const fonts = await Promise.all(FONTS.map((name) => changed(path.join(out, name))));
  if (!fonts.includes(null) && Math.min(...fonts) > Math.max(...sources)) return;
  const { status } = spawnSync(process.execPath, [at('scripts/build_fonts.mjs'), out], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the fonts could not be built');
}

async function bundlePage() {
  await build({
    entryPoints: { page: ENTRY },
    outdir: out,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['./dashboard.js', '/app/*'],
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'warning',
  });
}

async function copyProgram() {
  for (const name of PROGRAM) {
    const built = at('build/web', name);
    if ((await changed(built)) !== null) await copyFile(built, path.join(out, name));
  }
}

const cssName = (name) => name.replaceAll('_', '-');

/** The theme's colours and sizes as CSS variables: `.ok_text = rgb(0x0a7237)` is --ok-text. */
function cssTokens(header) {
  const theme = (name) => {
    const [, body] = header.match(new RegExp(`Theme ${name}\\{([^;]*)\\};`));
    return [...body.matchAll(/\.(\w+) = rgb\(0x([0-9a-f]{6})\)/g)].map(
      ([, key, hex]) => `--${cssName(key)}: #${hex};`,
    );
  };
  const sizes = [...header.matchAll(/constexpr float (\w+) = ([\d.]+)F?;/g)].map(
    ([, key, value]) => `--size-${cssName(key)}: ${value}px;`,
  );
  const rule = (lines) => `:root {\n  ${lines.join('\n  ')}\n}\n`;
  return `${rule([...theme('light'), ...sizes])}@media (prefers-color-scheme: dark) {\n${rule(theme('dark'))}}\n`;
}

async function writeTokens() {
  const header = await readFile(at('web-ui/theme/tokens.hpp'), 'utf8');
  await writeFile(path.join(out, 'tokens.css'), cssTokens(header));
}

await mkdir(out, { recursive: true });
await Promise.all([buildFonts(), bundlePage(), copyProgram(), writeTokens()]);
