import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/**
 * Starts a server that answers every request as told, until the test ends.
 *
 * @param answer called with each request and its body, parsed from JSON.
 * @returns its address.
 */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: unknown) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    request.on('end', () => answer(request, response, JSON.parse(text)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}/graphql` : '';
}
