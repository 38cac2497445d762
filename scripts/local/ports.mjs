// Ports on 127.0.0.1 for the parts of a stack.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';

// Below what systems hand out to whoever asks for any port: a chosen port is free for seconds before
// its part listens there, and Chromium, workerd and every outgoing connection take some meanwhile.
const LOWEST = 15_000;
const HIGHEST = 32_000;
const TRIES = 50;

// null when `port` can be listened on, else the error's code.
async function whyNot(port) {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch ({ code }) {
    return code;
  }
  server.close();
  await once(server, 'close');
  return null;
}

export async function freePort(taken = []) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (!taken.includes(port) && (await whyNot(port)) === null) return port;
  }
  throw new Error(`no free port found between ${LOWEST} and ${HIGHEST}`);
}

// {name: port} for each name: the wanted one, or a free one; a wanted port that is busy is an error
// that says so.
export async function choosePorts(wanted, names) {
  const ports = {};
  for (const name of names) {
    const port = wanted[name] || (await freePort(Object.values(ports)));
    const code = wanted[name] ? await whyNot(port) : null;
    if (code) throw new Error(`port ${port} cannot be used (${code}): is another program listening there?`);
    ports[name] = port;
  }
  return ports;
}
