import type { Context } from '../../graphql/context.ts';

export const graphqlPath = '/graphql';

/** What the transports know of a request before GraphQL does. */
export type RequestContext = {
  requestId: string;
  /** Where the client reached this server, such as `http://127.0.0.1:4000`. */
  origin: string;
  /** The client's network address. */
  address: string;
  refreshCookie: Context['refreshCookie'];
  markSecret: Context['markSecret'];
  /** Who asks; a transport that lives longer than a request authenticates when it connects. */
  viewer: () => Context['viewer'] | Promise<Context['viewer']>;
  /** The newest `id` that an `EventSource` has of an earlier stream. */
  lastEventId?: string | undefined;
  /**
   * Takes a place for a stream over HTTP and ends it with its session.
   *
   * @returns whether there was one left. Absent on a WebSocket, which has its place.
   */
  openStream?: ((viewer: Context['viewer']) => boolean) | undefined;
};

/** What GraphQL is asked over HTTP. */
export type GraphqlParams = {
  query?: string | null | undefined;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
  extensions?: Record<string, unknown> | null | undefined;
};
