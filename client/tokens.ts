/** What `register`, `login` and `refresh` answer. */
export type Tokens = {
  accessToken: string;
  /** When the access token stops working, by the server's clock. */
  expiresAt: string;
  /** Null where the browser keeps it in a cookie. */
  refreshToken: string | null;
};

/** Access tokens, one after another, for as long as the session is open. */
export type Session = {
  /**
   * An access token that works now. Where it ends soon or was refused, the next one is fetched, once for all who ask.
   *
   * @throws RequestError where the session is over (INVALID_REFRESH_TOKEN), ConnectionError where nothing answers.
   */
  token(): Promise<string>;
  /** Tells that the server does not take this token any more. */
  refused(token: string): void;
  /**
   * Calls `listener` with every next token, and fetches them in time: for connections that outlive a token.
   *
   * @returns how to stop.
   */
  onRenewed(listener: (token: string) => void): () => void;
};
