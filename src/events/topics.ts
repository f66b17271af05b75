import { z } from 'zod';
import {
  loggedEventSchema,
  stageSchema,
  type LoggedEvent,
  type PostStage,
} from '../domain/batches/events.ts';
import type { Bus, Topic } from './bus.ts';

const streamMessageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), entry: loggedEventSchema }),
  z.object({ kind: z.literal('stage'), stage: stageSchema }),
]);

export type StreamMessage = z.infer<typeof streamMessageSchema>;

/** What happens to one batch. */
export const batchTopic = (batchId: string): Topic<StreamMessage> => ({
  name: `batch:${batchId}`,
  schema: streamMessageSchema,
});

/** What happens to all batches of one account. */
export const userTopic = (userId: string): Topic<StreamMessage> => ({
  name: `user:${userId}`,
  schema: streamMessageSchema,
});

/** Tells readers of entries that were just committed. */
export function announce(bus: Bus, entries: readonly LoggedEvent[]): void {
  for (const entry of entries) {
    bus.publish(batchTopic(entry.batchId), { kind: 'event', entry });
    bus.publish(userTopic(entry.ownerId), { kind: 'event', entry });
  }
}

/** Tells readers of a stage, which is not stored. */
export function announceStage(bus: Bus, stage: PostStage): void {
  bus.publish(batchTopic(stage.batchId), { kind: 'stage', stage });
  bus.publish(userTopic(stage.ownerId), { kind: 'stage', stage });
}

const cacheMessageSchema = z.discriminatedUnion('kind', [
  /** These tags have changed: no answer that was made of them is given any more. */
  z.object({ kind: z.literal('touched'), tags: z.array(z.string()) }),
  /** Anything may have changed. */
  z.object({ kind: z.literal('reset') }),
  /** Nothing has changed: proves that messages arrive. */
  z.object({ kind: z.literal('beat') }),
]);

export type CacheMessage = z.infer<typeof cacheMessageSchema>;

/** What the caches of all instances tell each other. */
export const cacheTopic: Topic<CacheMessage> = { name: 'cache', schema: cacheMessageSchema };

/** A batch whose posts and jobs are not all there yet: workers add them. */
export const reconcileTopic: Topic<{ batchId: string }> = {
  name: 'reconcile',
  schema: z.object({ batchId: z.string() }),
};
