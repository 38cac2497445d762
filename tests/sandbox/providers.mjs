// The providers that the sandbox stands in for: a file in providers/ each, found by being there.
// README.md in this folder says what such a module exports.
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';

const FOLDER = new URL('./providers/', import.meta.url);
const load = async (file) => [basename(file, '.mjs'), await import(new URL(file, FOLDER))];

// {[name]: module}
export const PROVIDERS = Object.fromEntries(await Promise.all(readdirSync(FOLDER).sort().map(load)));

// Where the sandbox answers as this one.
export const pathOf = (name) => `/${name.replaceAll('_', '-')}`;

// {[the provider's origin]: its path here}
export const SANDBOX_PATHS = Object.fromEntries(
  Object.entries(PROVIDERS).flatMap(([name, { origins }]) => origins.map((origin) => [origin, pathOf(name)])),
);
