import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Bus, Signal } from '../../../src/events/bus.ts';
import { createRedisBus } from '../../../src/events/redis-bus.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { startRedis } from '../../support/services/redis.ts';
import { startStallingProxy } from '../../support/services/stalling-proxy.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const logger = createLogger('silent');
const topic = { name: 'test', schema: z.number() };
/** Generous: what is promised is 10 s. */

async function open(url: string): Promise<Bus> {
  const bus = await createRedisBus(url, logger);
  onTestFinished(() => bus.close());
  return bus;
}

it('a bus whose connections went silent hears others, and is heard, within seconds', async () => {
  await using redis = await startRedis();
  await using proxy = await startStallingProxy(redis.port);
  const stalled = await open(proxy.through(redis.url));
  const other = await open(redis.url);
  const heard = new Set<string>();
  const listen = (reader: string) => (signal: Signal<number>) =>
    signal.kind === 'message' && heard.add(`${reader} ${signal.message}`);
  await stalled.subscribe(topic, listen('stalled'));
  await other.subscribe(topic, listen('other'));
  proxy.stall();
  const isHeard = (from: Bus, message: number, reader: string) => () => {
    from.publish(topic, message);
    return heard.has(`${reader} ${message}`);
  };
  await waitUntil('the bus to hear', isHeard(other, 1, 'stalled'));
  await waitUntil('the bus to be heard', isHeard(stalled, 2, 'other'));
  await expect(stalled.ping()).resolves.toBeUndefined();
});

it('a bus that is opened while Redis is away works when Redis is there', async () => {
  await using redis = await startRedis();
  await redis.stop();
  const bus = await open(redis.url);
  await expect(bus.ping()).rejects.toThrow();
  const heard: unknown[] = [];
  await bus.subscribe(topic, (signal) => heard.push(signal));
  await redis.restart();
  const isHeard = () => {
    bus.publish(topic, 1);
    return heard.some((signal) => JSON.stringify(signal) === '{"kind":"message","message":1}');
  };
  await waitUntil('the bus to work', isHeard);
});
