import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RefreshCookie } from '../../graphql/context.ts';

const plainName = 'pressrun_refresh';
/** Browsers let only this host set a cookie with this prefix, only over TLS and for the path `/`. */
const secureName = `__Host-${plainName}`;

const patternOf = (name: string) => new RegExp(`(?:^|; *)${name}=([\\w-]{1,128})(?:;|$)`);
const patterns = { plain: patternOf(plainName), secure: patternOf(secureName) };

/**
 * Reads and sets the cookie with a browser's refresh token. Scripts cannot read it, and pages of other sites cannot send it.
 *
 * Over TLS, a cookie of the plain name is still accepted if there is no secure one, for browsers that have it from the
 * last release. It is then replaced and removed, because instances of the last release would take a used token for theft.
 * This must end with the next release: another host of the same domain can set a plain cookie.
 *
 * @param path the path of the cookie without TLS.
 * @param isSecure whether the client connected over TLS.
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
