import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { freePort } from '../services/free-port.ts';

/** Starts a server that takes connections and never answers, as one that hangs. */
export async function startSilentServer(): Promise<AsyncDisposable & { port: number }> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
