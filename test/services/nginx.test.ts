import { describe, expect, it } from 'vitest';
import { startNginx } from '../support/services/nginx.ts';

// The first run on a new machine may have to install it.
describe('a private nginx', () => {
  it('serves by the configuration it was given, until it is stopped', async () => {
    await using nginx = await startNginx({
      conf: (port) => `server { listen 127.0.0.1:${port}; return 200 "hello\\n"; }`,
    });
    const response = await fetch(nginx.url);
    expect(await response.text()).toBe('hello\n');
    await nginx.stop();
    await expect(fetch(nginx.url)).rejects.toThrow('fetch failed');
  });

  it('shows the end of its log when its configuration is wrong', async () => {
    await expect(startNginx({ conf: () => 'nonsense;' })).rejects.toThrow('unknown directive "nonsense"');
  });
});
