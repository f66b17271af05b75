import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';
import { parseAddress } from '../../domain/addresses.ts';
import type { RequestRecord } from '../../graphql/execution/request-record.ts';

/** A request's record for the log, its client's address and the origin that the client used. */
export type ClientInfo = {
  /** What the log says about the request. */
  record: RequestRecord;
  /** The client's network address; behind a trusted proxy, the one that the proxy names. */
  address: string;
  /** Whether the client connected over TLS. */
  isSecure: boolean;
  /** This server's origin according to the client. Used in answers only, after its host was checked. */
  origin: string;
};

/**
 * Creates a function that reads the client info of a request.
 *
 * @param trustedProxies addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` headers are trusted.
 */
export function createClientReader(trustedProxies: readonly string[]) {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return (request: IncomingMessage, record: RequestRecord): ClientInfo => {
    const peer = request.socket.remoteAddress ?? '';
    const isBehindProxy = peer !== '' && isTrusted(peer, 0);
    const address = isBehindProxy ? clientAddress(peer, request, isTrusted) : peer;
    const protocol = isBehindProxy ? String(request.headers['x-forwarded-proto'] ?? '') : '';
    const isSecure = protocol.split(',', 1)[0]?.trim() === 'https';
    const { host = 'localhost' } = request.headers;
    return {
      record,
      address,
      isSecure,
      origin: `${isSecure ? 'https' : 'http'}://${host}`,
    };
  };
}

/**
 * Returns the nearest address that is not a trusted proxy. Each proxy appends its caller's address to the header. Entries
 * before an invalid one are not trusted.
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
