// The entry point that wrangler bundles: the host around the compiled module (docs/abi.md).
import edge from '../../build/edge/edge.wasm';

import { Core } from './core.mjs';
import { makeWorker } from './host.mjs';

export default makeWorker(new Core(edge));
