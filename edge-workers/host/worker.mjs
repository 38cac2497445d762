// The entry point that wrangler bundles: the host around the compiled modules (docs/abi.md).
import edge from '../../build/edge/edge.wasm';
import gateway from '../../build/edge/gateway.wasm';

import { Core } from './core.mjs';
import { makeWorker } from './host.mjs';

export default makeWorker({ edge: new Core(edge), gateway: new Core(gateway) });
