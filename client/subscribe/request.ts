import type { Session } from '../tokens.ts';

/** A class with the interface of the browsers' `WebSocket`. */
export type WebSocketClass = new (url: string, protocols?: string | string[]) => object;

/** What a transport needs for one attempt at a subscription. */
export type SubscribeRequest = {
  /** The address of GraphQL, with http or https. */
  url: string;
  token: string | undefined;
  /** Subscribes to renewed tokens. Undefined if the token is not renewed. */
  onRenewed?: Session['onRenewed'] | undefined;
  query: string;
  variables: Record<string, unknown>;
  /** Undefined: the global class, or that of `ws`. Only for WebSocket. */
  webSocket: WebSocketClass | undefined;
  /** Ends the attempt at once, and throws the signal's reason. */
  signal: AbortSignal | undefined;
};
