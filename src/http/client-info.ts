import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/** What is known of the client's side of a connection. */
export type ClientInfo = {
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
    return { address, isSecure, origin: `${isSecure ? 'https' : 'http'}://${host}` };
  };
}
