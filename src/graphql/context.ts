import type { ExecutionArgs } from 'graphql';
import { UnauthenticatedError } from '../domain/errors/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import type { Loaders } from './loaders.ts';
import type { Services } from './services.ts';

/** The refresh token of a browser, where it keeps it in a cookie. */
export type RefreshCookie = {
  /** As the request brought it. */
  value: string | undefined;
  set(token: string, expiresAt: Date): void;
  clear(): void;
};

/** What one request adds. */
export type Context = Services & {
  /** Who asks; for a token that is not valid, why; undefined for an anonymous request. */
  viewer: Viewer | UnauthenticatedError | undefined;
  /** Where the client reached this server, such as `http://127.0.0.1:4000`. */
  origin: string;
  /** Under which the log knows the request. */
  requestId: string;
  /** The client's network address. */
  address: string;
  /** Undefined on a WebSocket, which cannot set one. */
  refreshCookie: RefreshCookie | undefined;
  /** Look-ups that are asked together; most requests need none. */
  loaders: () => Loaders;
  /** The time; an answer that depends on it is not kept. */
  now: () => Date;
  /** Says that the answer carries tokens: nobody is to keep it, nor to compress it. */
  markSecret: () => void;
  /** The newest cursor of an earlier stream, where the transport tells it. */
  lastEventId: string | undefined;
  /** Takes a place for a stream that ends with its session; absent where the transport has one. */
  openStream: ((viewer: Context['viewer']) => boolean) | undefined;
};

/** What GraphQL is asked to run, in our context. */
export type OperationArgs = Omit<ExecutionArgs, 'contextValue'> & { contextValue: Context };

/**
 * @returns who asks.
 * @throws UnauthenticatedError for an anonymous request and for a token that is not valid.
 */
export function requireViewer(context: Context): Viewer {
  if (context.viewer === undefined) throw new UnauthenticatedError();
  if (context.viewer instanceof UnauthenticatedError) throw context.viewer;
  return context.viewer;
}
