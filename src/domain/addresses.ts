import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** `1.2.3.4:5678`, `[2001:db8::1]:5678` or `[2001:db8::1]`. The first group holds an IPv4 address, the second an IPv6 one. */
const withPort = /^(?:(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}|\[([\da-f:.]{2,45})\](?::\d{1,5})?)$/i;

/**
 * Reads a network address as proxies write it, with or without a port.
 *
 * @returns the canonical address without port and zone, IPv4-mapped IPv6 as IPv4. Undefined if the text is no address.
 */
export function parseAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const [, v4, v6] = withPort.exec(trimmed) ?? [];
  const address = v4 ?? v6 ?? trimmed.split('%', 1)[0] ?? '';
  return read(address)?.toString();
}

/**
 * The network that one customer has. IPv6 customers get a /64 and can use any address in it.
 *
 * @returns the IPv4 address, or the first 64 bits of the IPv6 address. Returns other text unchanged.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const parsed = read(address.split('%', 1)[0] ?? '');
  if (parsed === undefined) return address;
  return parsed instanceof ipaddr.IPv6
    ? parsed.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(':')
    : parsed.toString();
}

/** `isIP` and ipaddr.js each accept spellings that the other refuses. Only what both accept is an address. */
function read(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return isIP(address) !== 0 && ipaddr.isValid(address) ? ipaddr.process(address) : undefined;
}
