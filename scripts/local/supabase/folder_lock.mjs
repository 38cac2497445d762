// Two processes on one PGlite folder destroy it, and PGlite does not notice. The lock is
// a file with the owner's pid; one whose owner is dead (kill -9) is taken over.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Returns the function that releases it. Throws when a living process holds it. */
export function lockFolder(folder) {
  const file = `${folder.replace(/\/+$/, '')}.lock`;
  const own = `${file}.${process.pid}`;
  const release = () => rmSync(file, { force: true });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(own, String(process.pid));
  try {
    for (let tries = 0; tries < 3; tries += 1) {
      if (place(own, file)) return release;
      const owner = ownerOf(file);
      if (isAlive(owner)) throw new Error(`database folder ${folder} is in use by process ${owner}`);
      if (takeOver(own, file)) return release;
    }
    throw new Error(`cannot lock database folder ${folder}`);
  } finally {
    rmSync(own, { force: true });
  }
}

// One at a time, and the lock is there at each moment: who saw the dead owner may come after another one took it over.
function takeOver(own, file) {
  const turn = `${file}.turn`;
  if (!place(own, turn)) {
    const owner = ownerOf(turn);
    if (owner !== undefined && !isAlive(owner)) rmSync(turn, { force: true });
    return false;
  }
  try {
    const owner = ownerOf(file);
    if (owner === undefined || isAlive(owner)) return false;
    renameSync(own, file);
    return true;
  } finally {
    rmSync(turn, { force: true });
  }
}

// A link is there with its content, or not at all: nobody sees a lock without an owner. False: there is one.
function place(own, file) {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

// Undefined: there is no such lock.
function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
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
