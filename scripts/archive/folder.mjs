// An archive in a folder: keys as paths, an object's metadata beside it in <key>.meta.json.
import { existsSync, mkdirSync, opendirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';

const SIDECAR = '.meta.json';

export class FolderBucket {
  constructor(folder) {
    this.folder = folder;
  }

  // A key is provider's text in parts: it must not lead out of the folder.
  #path(key) {
    const path = join(this.folder, normalize(key));
    if (relative(this.folder, path).startsWith('..') || key.endsWith('/'))
      throw new Error(`${key} is no path inside ${this.folder}`);
    return path;
  }

  async get(key) {
    const path = this.#path(key);
    if (!existsSync(path)) return null;
    const bytes = readFileSync(path);
    const beside = path + SIDECAR;
    const customMetadata = existsSync(beside) ? JSON.parse(readFileSync(beside, 'utf8')) : {};
    return { customMetadata, arrayBuffer: async () => new Uint8Array(bytes).buffer };
  }

  // For --export: what the object has beside its bytes comes along, also from an object of its own.
  async put(key, bytes, metadata) {
    const path = this.#path(key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    if (Object.keys(metadata).length > 0)
      writeFileSync(path + SIDECAR, `${JSON.stringify(metadata, null, 2)}\n`);
  }

  // Keys in order, a page's number read as one; one folder's names at a time are in memory.
  *keys(folder = this.folder) {
    const entries = [];
    const opened = opendirSync(folder);
    for (let entry; (entry = opened.readSync()) !== null;) entries.push(entry);
    opened.closeSync();
    entries.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) yield* this.keys(path);
      else if (!entry.name.endsWith(SIDECAR)) yield relative(this.folder, path).split(sep).join('/');
    }
  }
}
