import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** The forms of a `Host` header (RFC 9110, section 7.2): a name or a bracketed address, with an optional port. */
const hostPattern = /^([\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{0,5})?$/i;

/** @returns the name or address of a `Host` header in lower case; undefined if it is not valid. */
export function hostNameOf(host: string): string | undefined {
  return hostPattern.exec(host)?.[1]?.toLowerCase().replace(/\.$/, '');
}

/**
 * Checks that a request is meant for this server. Another site can let its own name point here (DNS rebinding), and then
 * its `Origin` matches its `Host`. It cannot do so with an IP address, so addresses are always allowed.
 *
 * @param allowed host names in lower case, besides IP addresses and `localhost`.
 * @returns whether the host is allowed.
 */
export function isAllowedHost(request: IncomingMessage, allowed: ReadonlySet<string>): boolean {
  const { host } = request.headers;
  // Every browser sends the header.
  if (host === undefined) return true;
  const name = hostNameOf(host);
  if (name === undefined) return false;
  return name === 'localhost' || name.endsWith('.localhost') || isAddress(name) || allowed.has(name);
}

/** @returns the host names of the settings in lower case, without IP addresses. */
export function hostNamesOf({
  names,
  urls,
}: {
  names: readonly string[];
  urls: readonly string[];
}): ReadonlySet<string> {
  const all = [...names, ...urls.map((url) => new URL(url).hostname)].map((name) => name.toLowerCase());
  return new Set(all.filter((name) => !isAddress(name)));
}

function isAddress(name: string): boolean {
  return name.startsWith('[') || isIP(name) !== 0;
}
