/** Settings of the HTTP server; see docs/configuration.md. */
export type HttpSettings = {
  /** Addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` headers are trusted. */
  trustedProxies: readonly string[];
  /** Accepted host names in lower case. IP addresses and `localhost` are always accepted. */
  allowedHosts: ReadonlySet<string>;
  /** Origins of browser pages that may call the server. Its own origin always may. */
  allowedOrigins: readonly string[];
  /** Whether pages of any web server of the client's own machine may call it too. */
  allowsLoopbackOrigins: boolean;
  /** Whether introspection is allowed and errors suggest names. */
  introspection: boolean;
  /** Whether GraphiQL offers to open an account by a button: everywhere but in production. */
  developmentAccount: boolean;
  /** Whether only the documents of `persistedDocuments` may run. */
  persistedOnly: boolean;
  /** The path of a JSON file with documents by SHA-256 hash. */
  persistedDocuments: string;
  /** The most open streams and WebSockets of this process. */
  maxSockets: number;
  /** The most open streams and WebSockets of one client network. */
  maxSocketsPerAddress: number;
};
