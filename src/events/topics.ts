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

/** The events and stages of one batch. */
export const batchTopic = (batchId: string): Topic<StreamMessage> => ({
  name: `batch:${batchId}`,
  schema: streamMessageSchema,
});

/** The events and stages of all batches of a workspace. The release before this one knows its name as `user:…`. */
export const workspaceTopic = (workspaceId: string): Topic<StreamMessage> => ({
  name: `user:${workspaceId}`,
  schema: streamMessageSchema,
});

/** Publishes entries that were just committed. */
export function announce(bus: Bus, entries: readonly LoggedEvent[]): void {
  for (const entry of entries) {
    bus.publish(batchTopic(entry.batchId), { kind: 'event', entry });
    bus.publish(workspaceTopic(entry.ownerId), { kind: 'event', entry });
  }
}

/** Publishes a stage, which is not stored. */
export function announceStage(bus: Bus, stage: PostStage): void {
  bus.publish(batchTopic(stage.batchId), { kind: 'stage', stage });
  bus.publish(workspaceTopic(stage.ownerId), { kind: 'stage', stage });
}

const cacheMessageSchema = z.discriminatedUnion('kind', [
  /** Answers with one of these tags are out of date. */
  z.object({ kind: z.literal('touched'), tags: z.array(z.string()) }),
  /** All answers may be out of date. */
  z.object({ kind: z.literal('reset') }),
  /** Proves that messages arrive. */
  z.object({ kind: z.literal('beat') }),
]);

export type CacheMessage = z.infer<typeof cacheMessageSchema>;

/** Messages between the caches of all instances. */
export const cacheTopic: Topic<CacheMessage> = { name: 'cache', schema: cacheMessageSchema };

/** Tells workers that a batch needs reconciliation (services/batches/reconciliation.ts). */
export const reconcileTopic: Topic<{ batchId: string }> = {
  name: 'reconcile',
  schema: z.object({ batchId: z.string() }),
};
