import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** `1.2.3.4:5678`, `[2001:db8::1]:5678` or `[2001:db8::1]`: an address in the first or the second group. */
const withPort = /^(?:(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}|\[([\da-f:.]{2,45})\](?::\d{1,5})?)$/i;

/**
 * Reads a network address as proxies write it, with or without a port.
 *
 * @returns the address in one spelling, without port and zone, IPv4 within IPv6 as IPv4; undefined for anything else.
 */
export function parseAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const [, v4, v6] = withPort.exec(trimmed) ?? [];
  const address = v4 ?? v6 ?? trimmed.split('%', 1)[0] ?? '';
  return read(address)?.toString();
}

/**
 * The part of an address that one customer has: an IPv6 customer has a whole /64 to choose addresses from.
 *
 * @returns the IPv4 address, or the first 64 bits of the IPv6 address; what is no address as it is.
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

/** `isIP` and ipaddr.js each take spellings that the other refuses: an address is what both read. */
function read(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return isIP(address) !== 0 && ipaddr.isValid(address) ? ipaddr.process(address) : undefined;
}
