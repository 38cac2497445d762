// The entry point that wrangler bundles: the host around the compiled modules (docs/abi.md).
import api from '../../build/edge/api.wasm';
import edge from '../../build/edge/edge.wasm';

import { Core } from './core.mjs';
import { makeWorker } from './host.mjs';

export default makeWorker({ edge: new Core(edge), api: new Core(api) });
