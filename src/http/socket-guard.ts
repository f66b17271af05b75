import type { WebSocket } from 'ws';
import { z } from 'zod';
import { UnauthenticatedError } from '../domain/errors.ts';
import type { Accounts, Viewer } from '../services/accounts.ts';
import type { SessionEnd } from '../services/session-watch.ts';
import type { Sessions } from '../services/sessions.ts';
import { unlessRefused } from './authenticate.ts';
import { bearerToken } from './headers.ts';

/** Frames that a socket may send at once, and then a second. */
const frameBurst = 500;
const framesPerSecond = 100;

/** Close codes: of graphql-transport-ws, of RFC 6455's registry, and 4429 as Too Many Requests. */
const closeCodes = { forbidden: 4403, tooManyRequests: 4429, tryAgainLater: 1013 } as const;
const closeGraceMs = 500;

/**
 * What one WebSocket may do and as whom: it is closed when its session ends, when its token expires, and when it
 * floods. A class, as there are thousands of them.
 */
export class SocketGuard {
  readonly #socket: WebSocket;
  readonly #deps: { accounts: Accounts; sessions: Sessions };
  #viewer: Viewer | undefined;
  #stopWatching: (() => void) | undefined;
  #frames = frameBurst;
  #countedAt = performance.now();

  constructor(socket: WebSocket, deps: { accounts: Accounts; sessions: Sessions }) {
    this.#socket = socket;
    this.#deps = deps;
  }

  /** Counts a frame that came; closes the socket where it is one too many. */
  countFrame(): void {
    const now = performance.now();
    const earned = ((now - this.#countedAt) / 1000) * framesPerSecond;
    this.#frames = Math.min(frameBurst, this.#frames + earned) - 1;
    this.#countedAt = now;
    if (this.#frames < 0) this.#close('flooding');
  }

  /** Logs the socket in, or on with a new token; closes it where that does not work. @returns whether it did. */
  async authenticate(connectionParams: unknown): Promise<boolean> {
    const token = bearerToken(authorizationSchema.safeParse(connectionParams).data?.authorization);
    if (token === undefined) return true;
    try {
      const viewer = await this.#deps.accounts.authenticate(token);
      if (this.#viewer !== undefined && this.#viewer.userId !== viewer.userId)
        throw new UnauthenticatedError();
      this.#stopWatching?.();
      if (this.#socket.readyState === this.#socket.OPEN) {
        this.#stopWatching = this.#deps.sessions.watch(viewer, (reason) => this.#close(reason));
      }
      this.#viewer = viewer;
      return true;
    } catch (error) {
      this.#close(error instanceof UnauthenticatedError ? 'ended' : 'unverified');
      return false;
    }
  }

  /** Who asks now; a socket may outlive its session for a moment. @throws ServiceUnavailableError */
  async viewer(): Promise<Viewer | UnauthenticatedError | undefined> {
    return this.#viewer && unlessRefused(this.#deps.accounts.recheck(this.#viewer));
  }

  /** The socket is closed. */
  leave(): void {
    this.#stopWatching?.();
  }

  #close(reason: SessionEnd | 'flooding'): void {
    if (reason === 'unverified') this.#socket.close(closeCodes.tryAgainLater, 'Try again later');
    else if (reason === 'flooding') this.#socket.close(closeCodes.tooManyRequests, 'Too many requests');
    else this.#socket.close(closeCodes.forbidden, 'Forbidden');
    // Until the peer answers the close, nothing that it says is done; one that does not answer is to hear no more.
    this.#socket.removeAllListeners('message');
    setTimeout(() => this.#socket.terminate(), closeGraceMs).unref();
  }
}

const authorizationSchema = z
  .object({
    authorization: z.string().optional(),
    Authorization: z.string().optional(),
  })
  .transform((params) => ({ authorization: params.authorization ?? params.Authorization }));
