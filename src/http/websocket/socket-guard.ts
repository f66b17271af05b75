import type { WebSocket } from 'ws';
import { z } from 'zod';
import { UnauthenticatedError } from '../../domain/errors/errors.ts';
import type { Accounts } from '../../services/accounts/accounts.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { SessionEnd } from '../../services/accounts/session-watch.ts';
import type { Sessions } from '../../services/accounts/sessions.ts';
import { unlessRefused } from '../request/authenticate.ts';
import { FrameReader } from './frame-reader.ts';
import { bearerToken } from '../response/headers.ts';
import type { CutReason, Source, UnfinishedInput } from '../request/unfinished-input.ts';

/** Frames of any kind that a socket may send at once, and then a second. */
const frameBurst = 500;
const framesPerSecond = 100;
/** Bytes that a socket may send before its `connection_init` is accepted. */
const introductionBytes = 8 * 1024;
/** Bytes that a socket may send while it is being closed: its own close, and what was on its way. */
const closingBytes = 64 * 1024;

/** Close codes: of graphql-transport-ws, of RFC 6455's registry, and 4429 as Too Many Requests. */
const closings: Record<SessionEnd | CutReason | 'flooding' | 'unintroduced', [number, string]> = {
  ended: [4403, 'Forbidden'],
  expired: [4403, 'Forbidden'],
  unverified: [1013, 'Try again later'],
  flooding: [4429, 'Too many requests'],
  unintroduced: [1009, 'Too much before connection_init'],
  slow: [1008, 'A message took too long'],
  crowded: [1013, 'Try again later'],
};
/** A peer that has abused its socket is not waited for; any other has as long as `ws` gives it (`closeTimeout`). */
const abuses: ReadonlySet<string> = new Set(['flooding', 'unintroduced', 'crowded']);
const abuseGraceMs = 500;
/** Bytes that a close frame has room for beside its code (RFC 6455, section 5.5). */
const maxReasonBytes = 123;

/**
 * What one WebSocket may send and as whom: it is closed when its session ends, when its token expires, and when it
 * sends too much. A class, as there are thousands of them.
 */
export class SocketGuard implements Source {
  readonly network: string;
  readonly #socket: WebSocket;
  readonly #deps: { accounts: Accounts; sessions: Sessions; unfinished: UnfinishedInput };
  #viewer: Viewer | undefined;
  #stopWatching: (() => void) | undefined;
  readonly #reader = new FrameReader();
  /** Of large messages that wait for their turn. */
  #waitingBytes = 0;
  /** Undefined once `connection_init` is accepted. */
  #introductionLeft: number | undefined = introductionBytes;
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

  /** Counts what has come; to be called before `ws` reads it. Closes the socket where it is too much. */
  count(bytes: Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) {
      this.#closingLeft -= bytes.byteLength;
      if (this.#closingLeft < 0) this.#socket.terminate();
      return;
    }
    const { frames: before, messages } = this.#reader;
    this.#reader.read(bytes);
    // What is unfinished now began with these bytes.
    if (this.#reader.messages > messages) this.#deps.unfinished.hold(this, 0);
    const now = performance.now();
    const earned = ((now - this.#countedAt) / 1000) * framesPerSecond;
    this.#framesLeft = Math.min(frameBurst, this.#framesLeft + earned) - (this.#reader.frames - before);
    this.#countedAt = now;
    if (this.#introductionLeft !== undefined) this.#introductionLeft -= bytes.byteLength;
    if (this.#framesLeft < 0) this.cut('flooding');
    else if ((this.#introductionLeft ?? 0) < 0) this.cut('unintroduced');
    else this.#hold();
  }

  /** Waits until a large message may be parsed; nothing more of the socket is read meanwhile. */
  async turn(bytes: number): Promise<void> {
    this.#socket.pause();
    this.#waitingBytes += bytes;
    this.#hold();
    await this.#deps.unfinished.turn();
    this.#waitingBytes -= bytes;
    if (this.#socket.readyState === this.#socket.OPEN) this.#hold();
    // A socket that is closing is read on: its peer answers the close.
    if (this.#waitingBytes === 0) this.#socket.resume();
  }

  #hold(): void {
    this.#deps.unfinished.hold(this, this.#reader.unfinishedBytes + this.#waitingBytes);
  }

  /** Logs the socket in as `connection_init` asks. @returns whether it is accepted; closed where not. */
  async introduce(connectionParams: unknown): Promise<boolean> {
    const isAccepted = await this.authenticate(connectionParams);
    if (isAccepted) this.#introductionLeft = undefined;
    return isAccepted;
  }

  cut(why: keyof typeof closings): void {
    this.close(...closings[why]);
    if (!abuses.has(why)) return;
    this.#socket.pause();
    setTimeout(() => this.#socket.terminate(), abuseGraceMs).unref();
  }

  /**
   * Closes the socket. Nothing that the peer says from now on is run; one that does not answer in time is cut off.
   *
   * @param reason what of it fits into a close frame is sent, in whole characters: it may repeat what the peer said.
   */
  close(code: number, reason: string): void {
    const bytes = Buffer.alloc(maxReasonBytes);
    this.#socket.close(code, bytes.subarray(0, new TextEncoder().encodeInto(reason, bytes).written));
    this.#socket.removeAllListeners('message');
    this.#deps.unfinished.hold(this, 0);
  }

  /** Logs the socket in, or on with a new token; closes it where that does not work. @returns whether it did. */
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

  /** Who asks now; a socket may outlive its session for a moment. @throws ServiceUnavailableError */
  async viewer(): Promise<Viewer | UnauthenticatedError | undefined> {
    return this.#viewer && unlessRefused(this.#deps.accounts.recheck(this.#viewer));
  }

  /** The socket is closed. */
  leave(): void {
    this.#stopWatching?.();
    this.#deps.unfinished.hold(this, 0);
  }
}

/** Whose subscriptions are open on a socket does not change. */
function isSameMember(before: Viewer, now: Viewer): boolean {
  return before.userId === now.userId && before.workspaceId === now.workspaceId;
}

const authorizationSchema = z
  .object({
    authorization: z.string().optional(),
    Authorization: z.string().optional(),
  })
  .transform((params) => ({ authorization: params.authorization ?? params.Authorization }));
