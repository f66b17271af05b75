import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

const FIRST_PORT = 20_000;
const LAST_PORT = 65_535;
const ATTEMPTS = 100;

/**
 * A TCP port of 127.0.0.1 on which nothing listens now.
 *
 * It is taken from below the range that the kernel gives to outgoing connections. From inside that range a client that
 * keeps trying to reach a stopped server can be given the server's own port, connect to itself, and so keep the server
 * from coming back; tests that restart servers meet this.
 */
export async function freePort(): Promise<number> {
  const end = await firstEphemeralPort();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST_PORT, end);
    if (await canListen(port)) return port;
  }
  throw new Error(`No free port between ${FIRST_PORT} and ${end} in ${ATTEMPTS} attempts`);
}

async function firstEphemeralPort(): Promise<number> {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '');
  const first = Number.parseInt(range, 10);
  return first > FIRST_PORT ? first : LAST_PORT;
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
