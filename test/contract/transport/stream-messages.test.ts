import { describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { createLocalBus, type Bus } from '../../../src/events/bus.ts';
import { createRedisBus } from '../../../src/events/redis-bus.ts';
import {
  announce,
  announceStage,
  streamTopic,
  workspaceTopic,
  type StreamMessage,
} from '../../../src/events/topics.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const counts = { postCount: 2, completedCount: 1, failedCount: 0, cancelledCount: 0 };
const countSchemas = {
  postCount: z.int(),
  completedCount: z.int(),
  failedCount: z.int(),
  cancelledCount: z.int(),
};

/** What the last release sends and understands. */
const released = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('event'),
    entry: z.object({
      batchId: z.uuid(),
      seq: z.int().positive(),
      ownerId: z.uuid(),
      userSeq: z.int().positive(),
      createdAt: z.coerce.date(),
      event: z.object({ type: z.literal('POST_COMPLETED'), postId: z.uuid(), ...countSchemas }),
    }),
  }),
  z.object({
    kind: z.literal('stage'),
    stage: z.object({
      batchId: z.uuid(),
      ownerId: z.uuid(),
      postId: z.uuid(),
      stage: z.enum(['STARTED', 'CAPTION_READY', 'IMAGE_READY']),
      at: z.coerce.date(),
    }),
  }),
]);

const at = new Date();

/** An event and a stage of one batch, as the last release has them. */
function story() {
  const [batchId, ownerId, postId] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  const event = { type: 'POST_COMPLETED' as const, postId, ...counts };
  const numbers = { seq: 2, ownerId, userSeq: 7, createdAt: at };
  const old: z.infer<typeof released>[] = [
    { kind: 'event', entry: { batchId, ...numbers, event } },
    { kind: 'stage', stage: { batchId, ownerId, postId, stage: 'CAPTION_READY', at } },
  ];
  const entry = { streamId: batchId, ...numbers, event };
  const stage = { streamId: batchId, ownerId, subjectId: postId, stage: 'CAPTION_READY', at };
  const today: StreamMessage[] = [
    { kind: 'event', entry },
    { kind: 'stage', stage },
  ];
  return { batchId, ownerId, old, today, entry, stage };
}

/** @returns what comes over a bus under a name, as it comes. */
async function hear<Message>(bus: Bus, name: string, schema: z.ZodType<Message>): Promise<Message[]> {
  const heard: Message[] = [];
  await bus.subscribe({ name, schema }, (signal) => {
    if (signal.kind === 'message') heard.push(signal.message);
  });
  return heard;
}

describe.each([
  ['in-process', async () => createLocalBus()],
  ['Redis', async () => createRedisBus(inject('redisUrl'), createLogger('silent'))],
])('over the %s bus', (_name, create) => {
  it('a reader understands what the last release tells of a batch', async () => {
    const bus = await create();
    const { batchId, ownerId, old, today } = story();
    for (const topic of [streamTopic(batchId), workspaceTopic(ownerId)]) {
      const heard = await hear(bus, topic.name, topic.schema);
      for (const message of old) bus.publish({ name: topic.name, schema: released }, message);
      await waitUntil('both messages', () => heard.length === 2);
      expect(heard).toEqual(today);
    }
    await bus.close();
  });

  it('the last release understands what a batch tells', async () => {
    const bus = await create();
    const { batchId, ownerId, old, entry, stage } = story();
    const heard = [
      await hear(bus, `batch:${batchId}`, released),
      await hear(bus, `user:${ownerId}`, released),
    ];
    announce(bus, [entry]);
    announceStage(bus, stage);
    await waitUntil('both messages', () => heard.every(({ length }) => length === 2));
    expect(heard).toEqual([old, old]);
    await bus.close();
  });
});
