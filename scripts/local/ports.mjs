// Ports on 127.0.0.1 for the parts of a stack.
import { createServer } from 'node:net';
import { once } from 'node:events';

// The port itself when it is free, any free one for 0.
async function freePort(wanted) {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening').catch(({ code }) => {
    throw new Error(`port ${wanted} cannot be used (${code}): is another program listening there?`);
  });
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// {name: port} for each name; a busy port is an error that says so.
export async function choosePorts(wanted, names) {
  const ports = {};
  for (const name of names) ports[name] = await freePort(wanted[name] ?? 0);
  return ports;
}
