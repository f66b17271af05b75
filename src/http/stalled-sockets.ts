import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How long a peer may read nothing while data waits for it. Shorter than the ping timeout of WebSockets, because a peer that
 * does not read cannot answer a ping either.
 */
const stalledMs = 10_000;
const checkEveryMs = 2_000;
/** TCP finds a lost peer of an idle connection after this time and ten probes, one a second. */
const keepAliveAfterMs = 10_000;

/**
 * Closes connections whose peer stopped reading or is gone.
 *
 * @param close closes a stalled connection.
 * @returns a function that stops watching.
 */
export function watchStalledSockets(server: Server, close: (socket: Socket) => void): () => void {
  const sockets = new Map<Socket, { taken: number; at: number }>();
  server.on('connection', (socket: Socket) => {
    socket.setKeepAlive(true, keepAliveAfterMs);
    sockets.set(socket, { taken: 0, at: performance.now() });
  });
  const timer = setInterval(() => {
    const now = performance.now();
    for (const [socket, last] of sockets) {
      const taken = socket.bytesWritten - socket.writableLength;
      if (socket.destroyed) sockets.delete(socket);
      else if (socket.writableLength === 0 || taken !== last.taken) {
        last.taken = taken;
        last.at = now;
      } else if (now - last.at >= stalledMs) {
        last.at = now;
        close(socket);
      }
    }
  }, checkEveryMs).unref();
  return () => clearInterval(timer);
}
