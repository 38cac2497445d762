// Runs a WASI program that may read below one folder, at the folder's own absolute path.
// usage: run_wasi.mjs FOLDER PROGRAM.wasm [arguments]
import { readFile } from 'node:fs/promises';
import { WASI } from 'node:wasi';

const [folder, program, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: [program, ...args], preopens: { [folder]: folder } });
const module = await WebAssembly.compile(await readFile(program));
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
