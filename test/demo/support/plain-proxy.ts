import { once } from 'node:events';
import { createServer, request as send } from 'node:http';

export type PlainProxy = AsyncDisposable & {
  /** Where GraphQL is reached through it. */
  url: string;
  /** How many WebSockets it did not let through. */
  refused(): number;
};

/**
 * Stands between a client and a server, and knows no WebSockets.
 *
 * @param target address of the server.
 */
export async function startPlainProxy(target: string): Promise<PlainProxy> {
  let refused = 0;
  const server = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    const forwarded = send(target + incoming.url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    // The other side's reset is no error of the test.
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  server.on('upgrade', (_request, socket) => {
    refused += 1;
    socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    refused: () => refused,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
