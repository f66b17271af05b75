import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export type FlakyProxy = {
  /** Where GraphQL is reached through it. */
  url: string;
  /** Breaks every connection, as a network that goes away. */
  cut(): void;
  /** How many connections were opened through it. */
  opened(): number;
  /** How many are open. */
  open(): number;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Stands between a client and a server, and breaks connections when told.
 *
 * @param target address of the server; undefined for one that breaks every connection at once.
 */
export async function startFlakyProxy(target: string | undefined): Promise<FlakyProxy> {
  const sockets = new Set<Socket>();
  let opened = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    // The other side's reset is no error of the test.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    opened += 1;
    keep(client);
    if (target === undefined) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(Number(new URL(target).port), '127.0.0.1');
    keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    cut,
    opened: () => opened,
    open: () => sockets.size,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
