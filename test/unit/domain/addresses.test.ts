import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { networkOf, parseAddress } from '../../../src/domain/addresses.ts';

/** IPv6 in the spellings of RFC 4291, section 2.2: all groups, some left out, the last two as IPv4. */
const spellings = fc
  .tuple(
    fc.array(fc.nat(0xffff), { maxLength: 8 }),
    fc.array(fc.nat(0xffff), { maxLength: 8 }),
    fc.option(fc.ipV4()),
  )
  .map(([start, end, v4]) => {
    const text = (groups: number[]) => groups.map((group) => group.toString(16)).join(':');
    const last = v4 === null ? text(end) : [text(end), v4].filter((part) => part !== '').join(':');
    return `${text(start)}::${last}`;
  });
const known = ['1::1.2.3.4', '::1.2.3.4', '64:ff9b::1.2.3.4', '::ffff:1.2.3.4', '1::%eth0'];

it('an address is read or refused in any spelling of IPv6, and one that is read stays as it is', () => {
  fc.assert(
    fc.property(fc.oneof(spellings, fc.ipV6()), (text) => {
      const address = parseAddress(text);
      expect(networkOf(text)).toBe(address === undefined ? text : networkOf(address));
      expect(isIP(address ?? '::')).not.toBe(0);
      expect(parseAddress(address ?? '::')).toBe(address ?? '::');
    }),
    { numRuns: 2_000, examples: known.map((text): [string] => [text]) },
  );
});
