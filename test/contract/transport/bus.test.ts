import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { createLocalBus, type Bus, type Signal } from '../../../src/events/bus.ts';
import { createRedisBus } from '../../../src/events/redis-bus.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { startRedis } from '../../support/services/redis.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const logger = createLogger('silent');
const schema = z.object({ id: z.uuid(), at: z.coerce.date() });
type Message = z.infer<typeof schema>;
const someTopic = () => ({ name: crypto.randomUUID(), schema });
const message = (): Message => ({ id: crypto.randomUUID(), at: new Date() });

describe.each([
  ['in-process', async () => createLocalBus()],
  ['Redis', async () => createRedisBus(inject('redisUrl'), logger)],
])('the %s bus', (_name, create) => {
  let bus: Bus;
  beforeAll(async () => {
    bus = await create();
  });
  afterAll(() => bus.close());

  it('brings every message to every listener of the topic, in order, with its dates as dates', async () => {
    const topic = someTopic();
    const heard: Message[][] = [[], []];
    for (const list of heard)
      await bus.subscribe(topic, (signal) => {
        if (signal.kind === 'message') list.push(signal.message);
      });
    const sent = [message(), message(), message()];
    for (const one of sent) bus.publish(topic, one);
    await waitUntil('three messages for both', () => heard.every((list) => list.length === 3));
    expect(heard).toEqual([sent, sent]);
  });

  it('brings no message to listeners of another topic, or to one who left', async () => {
    const [mine, other] = [someTopic(), someTopic()];
    const heard: string[] = [];
    await bus.subscribe(mine, () => heard.push('mine'));
    await bus.subscribe(other, () => heard.push('other'));
    const leave = await bus.subscribe(mine, () => heard.push('left'));
    leave();
    bus.publish(mine, message());
    await waitUntil('the message', () => heard.length > 0);
    expect(heard).toEqual(['mine']);
  });
});

describe('the Redis bus of two processes', () => {
  it('brings messages from one to the other', async () => {
    const [here, there] = [
      await createRedisBus(inject('redisUrl'), logger),
      await createRedisBus(inject('redisUrl'), logger),
    ];
    const topic = someTopic();
    const heard: Signal<Message>[] = [];
    await there.subscribe(topic, (signal) => heard.push(signal));
    here.publish(topic, message());
    await waitUntil('the message', () => heard.length > 0);
    expect(heard.map(({ kind }) => kind)).toEqual(['message']);
    await Promise.all([here.close(), there.close()]);
  });

  it('tells listeners that messages may be lost when Redis goes, and works again when it is back', async () => {
    await using redis = await startRedis();
    const bus = await createRedisBus(redis.url, logger);
    const topic = someTopic();
    const heard: Signal<Message>['kind'][] = [];
    await bus.subscribe(topic, (signal) => heard.push(signal.kind));
    await redis.kill();
    await waitUntil('the word of the loss', () => heard.includes('lost'));
    bus.publish(topic, message());
    await redis.restart();
    await waitUntil('a message after the return', () => {
      bus.publish(topic, message());
      return heard.includes('message');
    });
    // What was published while Redis was away is lost, and said to be: it does not come behind.
    expect(heard.indexOf('lost')).toBeLessThan(heard.indexOf('message'));
    await bus.close();
  });
});
