import type { ExecutionArgs } from 'graphql';
import { UnauthenticatedError } from '../domain/errors/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import type { RequestRecord } from './execution/request-record.ts';
import type { Loaders } from './loaders.ts';
import type { Services } from './services.ts';

/** The cookie with a browser's refresh token. */
export type RefreshCookie = {
  /** The token that the request sent. */
  value: string | undefined;
  set(token: string, expiresAt: Date): void;
  clear(): void;
};

/** The context of one operation: the services, and what belongs to its request. */
export type Context = Services & {
  /** The caller. An error if the token is not valid; undefined for an anonymous request. */
  viewer: Viewer | UnauthenticatedError | undefined;
  /** This server's origin as the client sees it, such as `http://127.0.0.1:4000`. */
  origin: string;
  /** What the log says about the request. */
  record: RequestRecord;
  /** The client's network address. */
  address: string;
  /** Undefined on a WebSocket, which cannot set one. */
  refreshCookie: RefreshCookie | undefined;
  /** Returns the request's loaders. They are created on first use, as most requests need none. */
  loaders: () => Loaders;
  /** Returns the current time. An answer that uses it is not cached. */
  now: () => Date;
  /** Marks the answer as one with tokens: it must not be stored or compressed. */
  markSecret: () => void;
  /** The newest cursor of an earlier stream, if the transport sends it. */
  lastEventId: string | undefined;
  /** Registers an SSE stream, which ends with its session. Undefined on a WebSocket, which is already registered. */
  openStream: ((viewer: Context['viewer']) => boolean) | undefined;
};

/** The arguments of graphql-js for one operation, with our context. */
export type OperationArgs = Omit<ExecutionArgs, 'contextValue'> & { contextValue: Context };

/**
 * @returns the caller.
 * @throws UnauthenticatedError for an anonymous request or an invalid token.
 */
export function requireViewer(context: Context): Viewer {
  if (context.viewer === undefined) throw new UnauthenticatedError();
  if (context.viewer instanceof UnauthenticatedError) throw context.viewer;
  return context.viewer;
}
