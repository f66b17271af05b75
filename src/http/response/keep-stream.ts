import type { ServerResponse } from 'node:http';
import { UnauthenticatedError } from '../../domain/errors/errors.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Sessions } from '../../services/accounts/sessions.ts';
import type { ConnectionCount } from '../connection-count.ts';

/**
 * Gives what stays open a place, and ends it when its session ends: the client comes back with its cursor, and is
 * told then why.
 *
 * @returns false where there is no place, or nobody to send to any more.
 */
export function keepStream(
  response: ServerResponse,
  address: string,
  viewer: Viewer | UnauthenticatedError | undefined,
  { connections, sessions }: { connections: ConnectionCount; sessions: Sessions },
): boolean {
  // Its `close` has been and gone: nothing would give the place back.
  if (response.closed || response.destroyed) return false;
  const leave = connections.enter(address);
  if (leave === undefined) return false;
  const stopWatching =
    viewer === undefined || viewer instanceof UnauthenticatedError
      ? undefined
      : sessions.watch(viewer, () => response.destroy());
  response.once('close', () => {
    leave();
    stopWatching?.();
  });
  return true;
}
