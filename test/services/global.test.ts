import { describe, expect, it } from 'vitest';
import setup from '../support/services/global.ts';
import { withPostgres } from '../support/services/postgres-client.ts';
import { withRedis } from '../support/services/redis.ts';

describe('the global set-up', () => {
  it('provides a Postgres and a Redis, and ends both at tear-down', async () => {
    const provided = new Map<string, string>();
    const tearDown = await setup({ provide: (key, value) => provided.set(key, value) });
    const askPostgres = () =>
      withPostgres(provided.get('postgresUrl') ?? '', (client) => client.query('SELECT 1'));
    const askRedis = () => withRedis(provided.get('redisUrl') ?? '', (client) => client.ping());
    await Promise.all([askPostgres(), askRedis()]);
    await tearDown();
    await expect(askPostgres()).rejects.toThrow('ECONNREFUSED');
    await expect(askRedis()).rejects.toThrow();
  });
});
