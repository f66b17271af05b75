import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { freePort } from '../support/services/free-port.ts';

describe('a free port', () => {
  it('is not one that the kernel may give to an outgoing connection', async () => {
    const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    expect(await freePort()).toBeLessThan(Number.parseInt(range, 10));
  });
});
