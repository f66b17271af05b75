import { expectResult } from './answer.ts';
import { ConnectionError } from './errors.ts';
import { RefreshDocument } from './generated/graphql.ts';
import { createClient } from './http.ts';
import type { Session, Tokens } from './tokens.ts';

/** A token is renewed this long before it expires, or when a quarter of its lifetime is left. */
const marginMs = 60_000;
/** Delay until a background renewal that reached no server is tried again. */
const retryMs = 1_000;

/**
 * Continues a session that `register` or `login` opened.
 *
 * @param options.tokens the newest tokens. A refresh token works once, so a program that stores it must store each new one.
 * @param options.onTokens is called with every new pair, to store it.
 */
export function createSession(options: {
  url: string;
  tokens: Tokens;
  onTokens?: ((tokens: Tokens) => void) | undefined;
}): Session {
  const client = createClient({ url: options.url });
  const listeners = new Set<(token: string) => void>();
  let { tokens } = options;
  let dueAt = dueAtOf(tokens);
  let isRefused = false;
  let renewing: Promise<string> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function renew(): Promise<string> {
    renewing ??= fetchNext().finally(() => (renewing = undefined));
    return renewing;
  }

  async function fetchNext(): Promise<string> {
    const { refresh } = await client.run(RefreshDocument, { refreshToken: tokens.refreshToken });
    tokens = expectResult(refresh, 'Login');
    dueAt = dueAtOf(tokens);
    isRefused = false;
    options.onTokens?.(tokens);
    for (const listener of listeners) listener(tokens.accessToken);
    renewInTime();
    return tokens.accessToken;
  }

  function renewInTime(): void {
    if (dueAt !== undefined) renewAfter(Math.max(0, dueAt - Date.now()));
  }

  function renewAfter(ms: number): void {
    clearTimeout(timer);
    if (listeners.size === 0) return;
    timer = setTimeout(() => {
      renew().catch((error: unknown) => {
        // If the session has ended, the server closes its connections.
        if (error instanceof ConnectionError) renewAfter(retryMs);
      });
    }, ms);
  }

  return {
    token: async () =>
      isRefused || (dueAt !== undefined && dueAt <= Date.now()) ? renew() : tokens.accessToken,
    refused(token) {
      // It may be an older token than the current one.
      isRefused ||= token === tokens.accessToken;
    },
    onRenewed(listener) {
      listeners.add(listener);
      if (listeners.size === 1) renewInTime();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) clearTimeout(timer);
      };
    },
  };
}

/** @returns when to renew. Undefined if the token already seems expired, because the clocks differ. */
function dueAtOf({ expiresAt }: Tokens): number | undefined {
  const now = Date.now();
  const lifetimeMs = Date.parse(expiresAt) - now;
  return lifetimeMs > 0 ? now + lifetimeMs - Math.min(marginMs, lifetimeMs / 4) : undefined;
}
