import type { ServerResponse } from 'node:http';
import { UnauthenticatedError } from '../../domain/errors/errors.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Sessions } from '../../services/accounts/sessions.ts';
import type { ConnectionCount } from '../connection-count.ts';
import type { ClientInfo } from '../request/client-info.ts';

/**
 * Counts a stream or download as an open connection, and ends it when its session ends. The client then reconnects and
 * receives the reason.
 *
 * @returns false if too many connections are open, or the client has left.
 */
export function registerStream(
  response: ServerResponse,
  { address, record }: ClientInfo,
  viewer: Viewer | UnauthenticatedError | undefined,
  { connections, sessions }: { connections: ConnectionCount; sessions: Sessions },
): boolean {
  // `close` was already emitted, so nothing would remove the connection from the count.
  if (response.closed || response.destroyed) return false;
  const leave = connections.enter(address);
  if (leave === undefined) return false;
  const stopWatching =
    viewer === undefined || viewer instanceof UnauthenticatedError
      ? undefined
      : sessions.watch(viewer, (reason) => {
          record.refuses(reason === 'unverified' ? 'SERVICE_UNAVAILABLE' : 'UNAUTHENTICATED');
          response.destroy();
        });
  response.once('close', () => {
    leave();
    stopWatching?.();
  });
  return true;
}
