// The ports that a stack starts on.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { choosePorts } from '../../scripts/local/ports.mjs';

test('chosen ports differ, and nobody is given one of them for having asked for any port', async () => {
  const names = Array.from({ length: 40 }, (_, i) => `part-${i}`);
  const ports = Object.values(await choosePorts({}, names));
  assert.equal(new Set(ports).size, names.length);
  const [lowest, highest] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .split('\t')
    .map(Number);
  assert.deepEqual(
    ports.filter((port) => port >= lowest && port <= highest),
    [],
  );
});

test('a wanted port is used as it is, and one that is busy is an error that says so', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await assert.rejects(
    choosePorts({ worker: port }, ['worker']),
    new RegExp(`port ${port} cannot be used \\(EADDRINUSE\\): is another program listening there\\?`),
  );
  server.close();
  await once(server, 'close');
  assert.deepEqual(await choosePorts({ worker: port }, ['worker']), { worker: port });
});
