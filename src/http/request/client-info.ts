import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';
import { parseAddress } from '../../domain/addresses.ts';

/** What is known of a request and of the client's side of its connection. */
export type ClientInfo = {
  /** Under which the log knows the request. */
  requestId: string;
  /** Network address; of the client itself where a trusted proxy names it. */
  address: string;
  /** Whether the client came over TLS. */
  isSecure: boolean;
  /** Where the client reached this server, by its own word: put into nothing but answers, once its host is allowed. */
  origin: string;
};

/**
 * Reads who is at the other end. `X-Forwarded-For` and `X-Forwarded-Proto` are believed only where the
 * connection comes from one of these addresses or networks.
 */
export function createClientReader(trustedProxies: readonly string[]) {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return (request: IncomingMessage, requestId: string): ClientInfo => {
    const peer = request.socket.remoteAddress ?? '';
    const isBehindProxy = peer !== '' && isTrusted(peer, 0);
    const address = isBehindProxy ? clientAddress(peer, request, isTrusted) : peer;
    const protocol = isBehindProxy ? String(request.headers['x-forwarded-proto'] ?? '') : '';
    const isSecure = protocol.split(',', 1)[0]?.trim() === 'https';
    const { host = 'localhost' } = request.headers;
    return {
      requestId,
      address,
      isSecure,
      origin: `${isSecure ? 'https' : 'http'}://${host}`,
    };
  };
}

/**
 * The nearest address that is no trusted proxy's. Each proxy adds who called it to the end of the header; what stands
 * before an entry that is no address was written by nobody whom we trust.
 */
function clientAddress(
  peer: string,
  request: IncomingMessage,
  isTrusted: (address: string, hops: number) => boolean,
): string {
  let address = peer;
  const forwarded = request.headers['x-forwarded-for'] ?? '';
  for (const entry of String(forwarded).split(',').toReversed()) {
    if (!isTrusted(address, 0)) break;
    const named = parseAddress(entry);
    if (named === undefined) break;
    address = named;
  }
  return address;
}
