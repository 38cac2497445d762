// The entry point that wrangler bundles: the host around the compiled core.
import module from '../../build/edge/edge.wasm';

import { Core } from './core.mjs';
import { makeWorker } from './host.mjs';

export default makeWorker(new Core(module));
