import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';
import { requestIdOf } from './headers.ts';

/** What is known of a request and of the client's side of its connection. */
export type ClientInfo = {
  /** Under which the log knows the request. */
  requestId: string;
  /** Network address; of the client itself where a trusted proxy names it. */
  address: string;
  /** Whether the client came over TLS. */
  isSecure: boolean;
  /** Where the client reached this server, by its own word: only ever put into what is answered to itself. */
  origin: string;
};

/**
 * Reads who is at the other end. `X-Forwarded-For` and `X-Forwarded-Proto` are believed only where the
 * connection comes from one of these addresses or networks.
 */
export function createClientReader(trustedProxies: readonly string[]) {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return (request: IncomingMessage): ClientInfo => {
    const peer = request.socket.remoteAddress ?? '';
    const isBehindProxy = peer !== '' && isTrusted(peer, 0);
    const address = isBehindProxy ? proxyAddr(request, isTrusted) : peer;
    const protocol = isBehindProxy ? String(request.headers['x-forwarded-proto'] ?? '') : '';
    const isSecure = protocol.split(',', 1)[0]?.trim() === 'https';
    const host = /^[\w.:[\]-]{1,255}$/.exec(request.headers.host ?? '')?.[0] ?? 'localhost';
    return {
      requestId: requestIdOf(request),
      address,
      isSecure,
      origin: `${isSecure ? 'https' : 'http'}://${host}`,
    };
  };
}
