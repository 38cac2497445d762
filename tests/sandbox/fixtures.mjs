// The payloads that the providers answer with, as they are in tests/fixtures, and what moves their days to now.

import { readFileSync } from 'node:fs';

/** @returns {(name: string) => any} reads a JSON file of that folder */
export const fixturesOf = (folder) => (name) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${folder}/${name}`, import.meta.url), 'utf8'));

/** The day of a moment, as providers write it. */
export const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);
