import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How long a peer may take nothing of what waits for it. Less than a WebSocket's peer may leave a ping without an
 * answer, which one who does not read cannot give either.
 */
const stalledMs = 10_000;
const lookEveryMs = 2_000;
/** A peer that is gone is found by TCP after this and ten probes, one a second, while nothing is on its way. */
const keepAliveAfterMs = 10_000;

/**
 * Ends connections whose peer has stopped to read, or is gone.
 *
 * @param close ends one that has stalled.
 * @returns how to stop watching.
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
  }, lookEveryMs).unref();
  return () => clearInterval(timer);
}
