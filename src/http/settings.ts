/** What the transports allow; see docs/configuration.md. */
export type HttpSettings = {
  /** Addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. */
  trustedProxies: readonly string[];
  /** Host names, in lower case, under which this server is reached, besides addresses and `localhost`. */
  allowedHosts: ReadonlySet<string>;
  /** Origins of browser pages, besides this server's own, that may call it. */
  allowedOrigins: readonly string[];
  /** Whether the schema may be asked for, and errors suggest names. */
  introspection: boolean;
  /** Whether nothing but the documents of `persistedDocuments` runs. */
  persistedOnly: boolean;
  /** A JSON file of documents by their SHA-256. */
  persistedDocuments: string;
  maxSockets: number;
  maxSocketsPerAddress: number;
};
