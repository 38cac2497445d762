// A row of each table that sync pages write, keyed by an id, and a harmless change of it: a file of rows/ for
// each service, found by being there.
import { readdirSync } from 'node:fs';

const FOLDER = new URL('./rows/', import.meta.url);
const load = async (file) => (await import(new URL(file, FOLDER))).default;

// {[table]: {row: (id) => row, change: {column: value}}}
export const synced = Object.assign({}, ...(await Promise.all(readdirSync(FOLDER).sort().map(load))));
