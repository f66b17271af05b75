/** The tokens that `register`, `login` and `refresh` return. */
export type Tokens = {
  accessToken: string;
  /** When the access token expires, by the server's clock. */
  expiresAt: string;
  /** Null if the browser keeps it in a cookie. */
  refreshToken: string | null;
};

/** Provides a valid access token as long as the session is open. */
export type Session = {
  /**
   * Returns a valid access token. Fetches a new one if it expires soon or was refused, once for all callers.
   *
   * @throws RequestError if the session has ended (INVALID_REFRESH_TOKEN), ConnectionError if the server does not answer.
   */
  token(): Promise<string>;
  /** Records that the server refused this token. */
  refused(token: string): void;
  /**
   * Calls `listener` with every new token and fetches them in time, for connections that outlive a token.
   *
   * @returns a function that removes the listener.
   */
  onRenewed(listener: (token: string) => void): () => void;
};
