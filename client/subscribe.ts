/** What a transport needs for one attempt at a subscription. */
export type SubscribeRequest = {
  /** Where GraphQL is served, as http or https. */
  url: string;
  token: string | undefined;
  query: string;
  variables: Record<string, unknown>;
  /** Ends the attempt at once; its reason is thrown. */
  signal: AbortSignal | undefined;
};
