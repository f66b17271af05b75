import type { Session } from './tokens.ts';

/** What a transport needs for one attempt at a subscription. */
export type SubscribeRequest = {
  /** Where GraphQL is served, as http or https. */
  url: string;
  token: string | undefined;
  /** Tells of every next token, until it is told to stop; absent where there is none to come. */
  onRenewed?: Session['onRenewed'] | undefined;
  query: string;
  variables: Record<string, unknown>;
  /** Ends the attempt at once; its reason is thrown. */
  signal: AbortSignal | undefined;
};
