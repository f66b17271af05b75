import type { Context } from '../../graphql/context.ts';
import type { RequestRecord } from '../../graphql/execution/request-record.ts';

/** The path of GraphQL over HTTP and WebSocket. */
export const graphqlPath = '/graphql';

/** What a transport knows about a request before GraphQL parses it. */
export type RequestContext = {
  /** What the log says about the request. */
  record: RequestRecord;
  /** This server's origin as the client sees it, such as `http://127.0.0.1:4000`. */
  origin: string;
  /** The client's network address. */
  address: string;
  refreshCookie: Context['refreshCookie'];
  markSecret: Context['markSecret'];
  /** Returns the caller. A WebSocket authenticates once, when it connects. */
  viewer: () => Context['viewer'] | Promise<Context['viewer']>;
  /** The newest `id` of an earlier stream, sent by an `EventSource`. */
  lastEventId?: string | undefined;
  /**
   * Registers a stream over HTTP, which ends with its session. Undefined on a WebSocket, which is already registered.
   *
   * @returns false if too many streams are open.
   */
  openStream?: ((viewer: Context['viewer']) => boolean) | undefined;
};

/** The parameters of a GraphQL request. */
export type GraphqlParams = {
  query?: string | null | undefined;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
  extensions?: Record<string, unknown> | null | undefined;
};
