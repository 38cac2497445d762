// The payloads that the providers answer with, as they are in tests/fixtures.

import { readFileSync } from 'node:fs';

/** @returns {(name: string) => any} reads a JSON file of that folder */
export const fixturesOf = (folder) => (name) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${folder}/${name}`, import.meta.url), 'utf8'));
