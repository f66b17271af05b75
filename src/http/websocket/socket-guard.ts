import type { WebSocket } from 'ws';
import { z } from 'zod';
import { UnauthenticatedError } from '../../domain/errors/errors.ts';
import type { Accounts } from '../../services/accounts/accounts.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { SessionEnd } from '../../services/accounts/session-watch.ts';
import type { Sessions } from '../../services/accounts/sessions.ts';
import { unlessRefused } from '../request/authenticate.ts';
import { FrameReader } from './frame-reader.ts';
import { bearerToken } from '../request/headers.ts';
import type { CutReason, Source, UnfinishedInput } from '../request/unfinished-input.ts';

/** The most frames that a socket may send at once, and per second after that. */
const frameBurst = 500;
const framesPerSecond = 100;
/** The most bytes that a socket may send before its `connection_init` is accepted. */
const maxInitBytes = 8 * 1024;
/** The most bytes that a closing socket may send: its close frame, and data that was in transit. */
const closingBytes = 64 * 1024;

/** Close codes and reasons: from graphql-transport-ws, from RFC 6455, and 4429 for too many requests. */
const closings: Record<SessionEnd | CutReason | 'flooding' | 'uninitialised', [number, string]> = {
  ended: [4403, 'Forbidden'],
  expired: [4403, 'Forbidden'],
  unverified: [1013, 'Try again later'],
  flooding: [4429, 'Too many requests'],
  uninitialised: [1009, 'Too much before connection_init'],
  slow: [1008, 'A message took too long'],
  crowded: [1013, 'Try again later'],
};
/** Reasons after which a peer gets little time to answer the close. Other peers get the `closeTimeout` of `ws`. */
const abuses: ReadonlySet<string> = new Set(['flooding', 'uninitialised', 'crowded']);
const abuseGraceMs = 500;
/** The most bytes of a close frame's reason (RFC 6455, section 5.5). */
const maxReasonBytes = 123;

/**
 * Guards one WebSocket: authenticates it, and closes it when its session ends, its token expires or it sends too much. A
 * class, because there are thousands of them.
 */
export class SocketGuard implements Source {
  readonly network: string;
  readonly #socket: WebSocket;
  readonly #deps: { accounts: Accounts; sessions: Sessions; unfinished: UnfinishedInput };
  #viewer: Viewer | undefined;
  #stopWatching: (() => void) | undefined;
  readonly #reader = new FrameReader();
  /** The bytes of large messages that wait to be parsed. */
  #waitingBytes = 0;
  /** The bytes left before `connection_init`; undefined after it was accepted. */
  #initBytesLeft: number | undefined = maxInitBytes;
  #closingLeft = closingBytes;
  #framesLeft = frameBurst;
  #countedAt = performance.now();

  constructor(
    socket: WebSocket,
    network: string,
    deps: { accounts: Accounts; sessions: Sessions; unfinished: UnfinishedInput },
  ) {
    this.#socket = socket;
    this.network = network;
    this.#deps = deps;
  }

  /** Counts received bytes before `ws` reads them. Closes the socket if they are too many. */
  count(bytes: Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) {
      this.#closingLeft -= bytes.byteLength;
      if (this.#closingLeft < 0) this.#socket.terminate();
      return;
    }
    const { frames: before, messages } = this.#reader;
    this.#reader.read(bytes);
    // A message was completed, so the time of the next one starts now.
    if (this.#reader.messages > messages) this.#deps.unfinished.hold(this, 0);
    const now = performance.now();
    const earned = ((now - this.#countedAt) / 1000) * framesPerSecond;
    this.#framesLeft = Math.min(frameBurst, this.#framesLeft + earned) - (this.#reader.frames - before);
    this.#countedAt = now;
    if (this.#initBytesLeft !== undefined) this.#initBytesLeft -= bytes.byteLength;
    if (this.#framesLeft < 0) this.cut('flooding');
    else if ((this.#initBytesLeft ?? 0) < 0) this.cut('uninitialised');
    else this.#hold();
  }

  /** Waits until a large message may be parsed. The socket is paused meanwhile. */
  async turn(bytes: number): Promise<void> {
    this.#socket.pause();
    this.#waitingBytes += bytes;
    this.#hold();
    await this.#deps.unfinished.turn();
    this.#waitingBytes -= bytes;
    if (this.#socket.readyState === this.#socket.OPEN) this.#hold();
    // Also resumes a closing socket, to read the answer to the close.
    if (this.#waitingBytes === 0) this.#socket.resume();
  }

  #hold(): void {
    this.#deps.unfinished.hold(this, this.#reader.unfinishedBytes + this.#waitingBytes);
  }

  /** Handles `connection_init`. @returns whether it was accepted; otherwise the socket is closed. */
  async initialise(connectionParams: unknown): Promise<boolean> {
    const isAccepted = await this.authenticate(connectionParams);
    if (isAccepted) this.#initBytesLeft = undefined;
    return isAccepted;
  }

  /** Closes the socket with the code of a reason. */
  cut(why: keyof typeof closings): void {
    this.close(...closings[why]);
    if (!abuses.has(why)) return;
    this.#socket.pause();
    setTimeout(() => this.#socket.terminate(), abuseGraceMs).unref();
  }

  /**
   * Closes the socket and ignores all later messages. A peer that does not answer in time is cut off.
   *
   * @param reason is cut to the size of a close frame, because it may repeat the peer's input.
   */
  close(code: number, reason: string): void {
    const bytes = Buffer.alloc(maxReasonBytes);
    this.#socket.close(code, bytes.subarray(0, new TextEncoder().encodeInto(reason, bytes).written));
    this.#socket.removeAllListeners('message');
    this.#deps.unfinished.hold(this, 0);
  }

  /** Authenticates the socket with a first or a new token; closes it on failure. @returns whether it succeeded. */
  async authenticate(connectionParams: unknown): Promise<boolean> {
    const token = bearerToken(authorizationSchema.safeParse(connectionParams).data?.authorization);
    if (token === undefined) return true;
    try {
      const viewer = await this.#deps.accounts.authenticate(token);
      if (this.#viewer !== undefined && !isSameMember(this.#viewer, viewer)) throw new UnauthenticatedError();
      this.#stopWatching?.();
      if (this.#socket.readyState === this.#socket.OPEN) {
        this.#stopWatching = this.#deps.sessions.watch(viewer, (reason) => this.cut(reason));
      }
      this.#viewer = viewer;
      return true;
    } catch (error) {
      this.cut(error instanceof UnauthenticatedError ? 'ended' : 'unverified');
      return false;
    }
  }

  /** Returns the current caller, checked again because the session may just have ended. @throws ServiceUnavailableError */
  async viewer(): Promise<Viewer | UnauthenticatedError | undefined> {
    return this.#viewer && unlessRefused(this.#deps.accounts.recheck(this.#viewer));
  }

  /** Releases all resources after the socket was closed. */
  leave(): void {
    this.#stopWatching?.();
    this.#deps.unfinished.hold(this, 0);
  }
}

/** A new token must belong to the same user and workspace, because open subscriptions depend on them. */
function isSameMember(before: Viewer, now: Viewer): boolean {
  return before.userId === now.userId && before.workspaceId === now.workspaceId;
}

const authorizationSchema = z
  .object({
    authorization: z.string().optional(),
    Authorization: z.string().optional(),
  })
  .transform((params) => ({ authorization: params.authorization ?? params.Authorization }));
