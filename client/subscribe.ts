import type { Session } from './tokens.ts';

/** What a transport needs for one attempt at a subscription. */
export type SubscribeRequest = {
  /** The address of GraphQL, with http or https. */
  url: string;
  token: string | undefined;
  /** Subscribes to renewed tokens. Undefined if the token is not renewed. */
  onRenewed?: Session['onRenewed'] | undefined;
  query: string;
  variables: Record<string, unknown>;
  /** Ends the attempt at once, and throws the signal's reason. */
  signal: AbortSignal | undefined;
};
