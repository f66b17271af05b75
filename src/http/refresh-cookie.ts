import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RefreshCookie } from '../graphql/context.ts';

const name = 'pressrun_refresh';
const pattern = new RegExp(`(?:^|; *)${name}=([\\w-]{1,128})(?:;|$)`);

/**
 * The cookie that keeps a browser's refresh token: no script reads it, no other site's page sends it, and it
 * travels to one path only.
 *
 * @param isSecure whether the client came over TLS; then it is never sent without.
 */
export function refreshCookieOf(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  isSecure: boolean,
): RefreshCookie {
  const put = (value: string, expires: Date) =>
    response.setHeader(
      'set-cookie',
      `${name}=${value}; Path=${path}; HttpOnly; SameSite=Strict; Expires=${expires.toUTCString()}${isSecure ? '; Secure' : ''}`,
    );
  return {
    value: pattern.exec(request.headers.cookie ?? '')?.[1],
    set: put,
    clear: () => put('', new Date(0)),
  };
}
