import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on a port of its own, in the place of a network that loses connections and tells neither end. */
export type StallingProxy = AsyncDisposable & {
  port: number;
  /** `url` with this proxy in the place of its server. */
  through(url: string): string;
  /**
   * Lets nothing more pass on the connections there are, for good. Neither end is told.
   *
   * @param alsoNew whether new connections are accepted and kept silent too, until `heal`.
   */
  stall(alsoNew?: boolean): void;
  /** From now on new connections work. Those that were stalled stay silent. */
  heal(): void;
  /** Connections that were taken since the last `stall` and work. */
  working(): number;
};

/** @param targetPort where the server listens on 127.0.0.1. */
export async function startStallingProxy(targetPort: number): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  const working = new Set<Socket>();
  let stallsNew = false;

  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      // What a silent network takes is gone; the kernel acknowledges it all the same.
      from.on('data', (data) => working.has(near) && to.write(data));
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        // A silent network does not tell of an end either.
        if (working.has(near)) to.destroy();
        if (from === near) {
          working.delete(near);
          far.destroy();
        }
      });
    }
    if (!stallsNew) working.add(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    through(url) {
      const own = new URL(url);
      own.port = String(port);
      return own.href;
    },
    stall(alsoNew = false) {
      stallsNew = alsoNew;
      working.clear();
    },
    heal() {
      stallsNew = false;
    },
    working: () => working.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
