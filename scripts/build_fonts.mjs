// Builds the dashboard's three fonts into a folder (default public/app):
//   inter-text.ttf, inter-title.ttf   Inter at two weights, cut to the ranges below
//   icons.ttf                         the icons that web-ui/theme/icons.hpp lists
// TTF because the drawing library reads nothing else; the same bytes serve the page's
// sign-in form, so no font is fetched twice.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as simpleIcons from 'simple-icons';
import subsetFont from 'subset-font';
import svg2ttf from 'svg2ttf';
import { SVGIcons2SVGFontStream } from 'svgicons2svgfont';
import { outlineStroke } from './icon_outline.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const modules = path.join(root, 'node_modules');

// Latin-1, Latin Extended-A and the punctuation the screens use. Names in other scripts are
// drawn by the browser's own fonts, see web-ui/platform/browser_glyphs.cpp.
const RANGES = [
  [0x20, 0x7e],
  [0xa0, 0x17f],
  [0x218, 0x21b],
];
const PUNCTUATION = '–—‘’‚“”„•…‹›€₿←↑→↓−×≈≤≥✓⌘';

function characters() {
  let text = PUNCTUATION;
  for (const [from, to] of RANGES) {
    for (let code = from; code <= to; code++) text += String.fromCodePoint(code);
  }
  return text;
}

async function inter(weight, opticalSize) {
  const variable = await readFile(path.join(modules, 'inter-ui/variable/InterVariable.woff2'));
  return subsetFont(variable, characters(), {
    targetFormat: 'sfnt',
    variationAxes: { wght: weight, opsz: opticalSize },
    keepFeatures: [],
    noLayoutClosure: true,
    noHinting: true,
    dropTables: ['GDEF', 'GPOS', 'GSUB', 'STAT', 'MVAR', 'DSIG'],
  });
}

/** @returns {Promise<{name: string, code: number, source: string}[]>} */
async function iconList() {
  const header = await readFile(path.join(root, 'web-ui/theme/icons.hpp'), 'utf8');
  const line = /const char\* (\w+) = "\\u([0-9a-f]{4})";\s*\/\/ (\S+)/g;
  return [...header.matchAll(line)].map(([, name, code, source]) => ({
    name,
    code: parseInt(code, 16),
    source,
  }));
}

async function iconSvg(source) {
  const [library, name] = source.split(':');
  if (library === 'simple-icons')
    return `<svg viewBox="0 0 24 24"><path d="${simpleIcons[name].path}"/></svg>`;
  const svg = await readFile(path.join(modules, 'lucide-static/icons', `${name}.svg`), 'utf8');
  return `<svg viewBox="0 0 24 24"><path d="${outlineStroke(svg, 1.9)}"/></svg>`;
}

async function icons() {
  const stream = new SVGIcons2SVGFontStream({
    fontName: 'webfluentia-icons',
    fontHeight: 960,
    descent: 0,
    fixedWidth: true,
    normalize: false,
    round: 1,
    log: () => {},
  });
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  const finished = new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject));
  for (const icon of await iconList()) {
    const glyph = Readable.from([await iconSvg(icon.source)]);
    glyph.metadata = { name: icon.name, unicode: [String.fromCodePoint(icon.code)] };
    stream.write(glyph);
  }
  stream.end();
  await finished;
  // A fixed time stamp makes equal input give equal bytes.
  return Buffer.from(svg2ttf(Buffer.concat(chunks.map((c) => Buffer.from(c))).toString(), { ts: 0 }).buffer);
}

async function buildFonts(folder) {
  await mkdir(folder, { recursive: true });
  const fonts = {
    'inter-text.ttf': await inter(450, 14),
    'inter-title.ttf': await inter(650, 18),
    'icons.ttf': await icons(),
  };
  for (const [name, bytes] of Object.entries(fonts)) await writeFile(path.join(folder, name), bytes);
  return Object.fromEntries(Object.entries(fonts).map(([name, bytes]) => [name, bytes.length]));
}

if (import.meta.main) {
  const sizes = await buildFonts(process.argv[2] ?? path.join(root, 'public/app'));
  for (const [name, bytes] of Object.entries(sizes)) console.log(`${name}: ${bytes} bytes`);
}
