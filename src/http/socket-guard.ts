import type { WebSocket } from 'ws';
import { z } from 'zod';
import { UnauthenticatedError } from '../domain/errors.ts';
import type { Accounts, Viewer } from '../services/accounts.ts';
import type { SessionEnd } from '../services/session-watch.ts';
import type { Sessions } from '../services/sessions.ts';
import { authenticate } from './authenticate.ts';
import { bearerToken } from './headers.ts';

/** Frames that a socket may send at once, and then a second. */
const frameBurst = 500;
const framesPerSecond = 100;

/** Close codes: of graphql-transport-ws, of RFC 6455's registry, and 4429 as Too Many Requests. */
const closeCodes = { forbidden: 4403, tooManyRequests: 4429, tryAgainLater: 1013 } as const;

/** What one WebSocket may do and as whom. */
export type SocketGuard = {
  /** Logs the socket in, or on with a new token; closes it where that does not work. @returns whether it did. */
  authenticate(connectionParams: unknown): Promise<boolean>;
  /** Who asks now; a socket may outlive its session. @throws ServiceUnavailableError */
  viewer(): Promise<Viewer | UnauthenticatedError | undefined>;
};

/** Watches over one socket: it is closed when its session ends, when its token expires, and when it floods. */
export function guardSocket(
  socket: WebSocket,
  deps: { accounts: Accounts; sessions: Sessions },
): SocketGuard {
  let token: string | undefined;
  let known: Viewer | undefined;
  let stopWatching = () => {};
  let frames = frameBurst;
  let countedAt = performance.now();

  socket.on('message', () => {
    const now = performance.now();
    frames = Math.min(frameBurst, frames + ((now - countedAt) / 1000) * framesPerSecond) - 1;
    countedAt = now;
    if (frames < 0) close('flooding');
  });
  socket.once('close', () => stopWatching());

  function close(reason: SessionEnd | 'flooding'): void {
    if (reason === 'unverified') socket.close(closeCodes.tryAgainLater, 'Try again later');
    else if (reason === 'flooding') socket.close(closeCodes.tooManyRequests, 'Too many requests');
    else socket.close(closeCodes.forbidden, 'Forbidden');
    // Until the peer answers the close, nothing that it says is done; one that does not answer is to hear no more.
    socket.removeAllListeners('message');
    setTimeout(() => socket.terminate(), closeGraceMs).unref();
  }

  return {
    async authenticate(connectionParams) {
      const offered = bearerToken(authorizationSchema.safeParse(connectionParams).data?.authorization);
      if (offered === undefined) return true;
      try {
        const viewer = await deps.accounts.authenticate(offered);
        if (known !== undefined && known.userId !== viewer.userId) throw new UnauthenticatedError();
        stopWatching();
        if (socket.readyState === socket.OPEN) stopWatching = deps.sessions.watch(viewer, close);
        known = viewer;
        token = offered;
        return true;
      } catch (error) {
        close(error instanceof UnauthenticatedError ? 'ended' : 'unverified');
        return false;
      }
    },
    viewer: () => authenticate(deps.accounts, token),
  };
}

const closeGraceMs = 500;

const authorizationSchema = z
  .object({
    authorization: z.string().optional(),
    Authorization: z.string().optional(),
  })
  .transform((params) => ({ authorization: params.authorization ?? params.Authorization }));
