import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** A host name or an address in brackets, and a port: all that a `Host` header may be (RFC 9110, section 7.2). */
const hostPattern = /^([\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{0,5})?$/i;

/** @returns the name or address in a `Host` header, in lower case; undefined for what is none. */
export function hostNameOf(host: string): string | undefined {
  return hostPattern.exec(host)?.[1]?.toLowerCase().replace(/\.$/, '');
}

/**
 * Whether a request is meant for this server. A page of another site can have its own name point here (DNS rebinding),
 * and its `Origin` then fits its `Host`; it can have no address in the place of the name.
 *
 * @param allowed host names, in lower case, besides addresses and `localhost`.
 */
export function isAllowedHost(request: IncomingMessage, allowed: ReadonlySet<string>): boolean {
  const { host } = request.headers;
  // Every browser sends one.
  if (host === undefined) return true;
  const name = hostNameOf(host);
  if (name === undefined) return false;
  return name === 'localhost' || name.endsWith('.localhost') || isAddress(name) || allowed.has(name);
}

/** @returns all names that are meant, in lower case; addresses need not be on the list. */
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
