// Two processes on one PGlite folder destroy it, and PGlite does not notice. The lock is
// a file with the owner's pid; one whose owner is dead (kill -9) is taken over.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Returns the function that releases it. Throws when a living process holds it. */
export function lockFolder(folder) {
  const file = `${folder.replace(/\/+$/, '')}.lock`;
  mkdirSync(dirname(file), { recursive: true });
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const owner = Number(readFileSync(file, 'utf8'));
      if (isAlive(owner)) {
        throw new Error(`database folder ${folder} is in use by process ${owner}`);
      }
      rmSync(file, { force: true });
    }
  }
  throw new Error(`cannot lock database folder ${folder}`);
}

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
