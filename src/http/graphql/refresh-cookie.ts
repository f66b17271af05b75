import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RefreshCookie } from '../../graphql/context.ts';

const plainName = 'pressrun_refresh';
/** Browsers let nobody but this very host set a cookie of such a name, and only over TLS, for the path `/`. */
const secureName = `__Host-${plainName}`;

const patternOf = (name: string) => new RegExp(`(?:^|; *)${name}=([\\w-]{1,128})(?:;|$)`);
const patterns = { plain: patternOf(plainName), secure: patternOf(secureName) };

/**
 * The cookie that keeps a browser's refresh token: no script reads it, and no other site's page sends it.
 *
 * @param path the only one that it travels to without TLS.
 * @param isSecure whether the client came over TLS; then it is never sent without. A cookie of the plain name counts where
 *   there is no other, for browsers that have it from the release before, and is replaced with the next one. That must
 *   end with the next release: another host of the same domain can set it. It is removed rather than left, as its token
 *   has been used: an instance of the release before would take that for theft, and end the session.
 */
export function refreshCookieOf(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  isSecure: boolean,
): RefreshCookie {
  const { cookie = '' } = request.headers;
  const plain = patterns.plain.exec(cookie)?.[1];
  const attributes = (expires: Date) => `HttpOnly; SameSite=Strict; Expires=${expires.toUTCString()}`;
  const putPlain = (value: string, expires: Date) =>
    `${plainName}=${value}; Path=${path}; ${attributes(expires)}`;
  const putSecure = (value: string, expires: Date) =>
    `${secureName}=${value}; Path=/; Secure; ${attributes(expires)}`;
  const put = (value: string, expires: Date) => {
    if (!isSecure) response.setHeader('set-cookie', putPlain(value, expires));
    else if (plain === undefined) response.setHeader('set-cookie', putSecure(value, expires));
    else response.setHeader('set-cookie', [putSecure(value, expires), putPlain('', new Date(0))]);
  };
  return {
    value: isSecure ? (patterns.secure.exec(cookie)?.[1] ?? plain) : plain,
    set: put,
    clear: () => put('', new Date(0)),
  };
}
