import { expect, it, onTestFinished } from 'vitest';
import { openRedis } from '../../../src/store/redis.ts';
import { createRedisBus } from '../../../src/events/redis-bus.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { startRedis, withRedis } from '../../support/services/redis.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const logger = createLogger('silent');

it('a database that Redis does not have is refused when the connection is opened', async () => {
  await using redis = await startRedis({ settings: { databases: '4' } });
  await expect(openRedis(`${redis.url}/9`, logger)).rejects.toThrow('DB index is out of range');
  await expect(createRedisBus(`${redis.url}/9`, logger)).rejects.toThrow('DB index is out of range');
});

it('a wrong password is refused when the connection is opened', async () => {
  await using redis = await startRedis();
  const url = redis.url.replace('redis://', 'redis://nobody:wrong@');
  await expect(openRedis(url, logger)).rejects.toThrow('WRONGPASS');
});

it('nothing is written to database 0 where Redis was away at the start, and does not have the database that was set', async () => {
  await using redis = await startRedis({ settings: { databases: '4' } });
  await redis.stop();
  const opened = await openRedis(`${redis.url}/9`, logger);
  onTestFinished(() => opened.disconnect());
  await redis.restart();
  const tries = () =>
    withRedis(redis.url, async (client) => {
      const [, times = '0'] = /cmdstat_select:calls=(\d+)/.exec(await client.info('commandstats')) ?? [];
      return { selected: Number(times), keys: await client.dbsize() };
    });
  await waitUntil('it to be opened three times, or to write', async () => {
    await opened.set('key', 'value').catch(() => undefined);
    const { selected, keys } = await tries();
    return keys > 0 || selected >= 3;
  });
  expect(await tries()).toMatchObject({ keys: 0 });
});

it('a database that Redis has is used where Redis was away at the start', async () => {
  await using redis = await startRedis();
  await redis.stop();
  const opened = await openRedis(`${redis.url}/9`, logger);
  onTestFinished(() => opened.disconnect());
  await redis.restart();
  await waitUntil('it to write', () =>
    opened.set('key', 'value').then(
      () => true,
      () => false,
    ),
  );
  expect(await withRedis(`${redis.url}/9`, (client) => client.get('key'))).toBe('value');
});
