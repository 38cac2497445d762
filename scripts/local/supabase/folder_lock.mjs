// Two processes on one PGlite folder destroy it, and PGlite does not notice. The lock is
// a file with the owner's pid; one whose owner is dead (kill -9) is taken over.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Returns the function that releases it. Throws when a living process holds it. */
export function lockFolder(folder) {
  const file = `${folder.replace(/\/+$/, '')}.lock`;
  const own = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(own, String(process.pid));
  try {
    for (let tries = 0; tries < 3; tries += 1) {
      // A link is there with its content, or not at all: nobody sees a lock without an owner.
      if (unless('EEXIST', () => linkSync(own, file))) return () => rmSync(file, { force: true });
      const owner = ownerOf(file);
      if (isAlive(owner)) throw new Error(`database folder ${folder} is in use by process ${owner}`);
      takeAway(file);
    }
    throw new Error(`cannot lock database folder ${folder}`);
  } finally {
    rmSync(own, { force: true });
  }
}

// Only one of those who saw the dead owner moves it; who comes later may have a living one's in hand.
function takeAway(file) {
  const old = `${file}.${process.pid}.old`;
  if (!unless('ENOENT', () => renameSync(file, old))) return;
  if (isAlive(ownerOf(old))) unless('EEXIST', () => linkSync(old, file));
  rmSync(old);
}

// False where it failed with that code.
function unless(code, work) {
  try {
    work();
    return true;
  } catch (error) {
    if (error.code !== code) throw error;
    return false;
  }
}

function ownerOf(file) {
  let owner = 0;
  unless('ENOENT', () => (owner = Number(readFileSync(file, 'utf8'))));
  return owner;
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
