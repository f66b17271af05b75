import { z } from 'zod';
import type { Bus, Topic } from './bus.ts';
import type { LoggedEvent, Stage } from './entries.ts';

/**
 * Messages as they are sent. The release before this one knows streams of batches alone: it reads and sends the stream's id as
 * `batchId`, and the subject's as `postId`. What it cannot read it drops, and looks at the log instead.
 */
const streamMessageSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('event'),
    entry: z
      .object({
        batchId: z.uuid(),
        seq: z.int().positive(),
        ownerId: z.uuid(),
        userSeq: z.int().positive(),
        createdAt: z.coerce.date(),
        event: z.looseObject({ type: z.string() }),
      })
      .transform(({ batchId: streamId, ...rest }): LoggedEvent => ({ streamId, ...rest })),
  }),
  z.object({
    kind: z.literal('stage'),
    stage: z
      .object({
        batchId: z.uuid(),
        ownerId: z.uuid(),
        postId: z.uuid(),
        stage: z.string(),
        at: z.coerce.date(),
      })
      .transform(({ batchId: streamId, postId: subjectId, ...rest }): Stage => ({
        streamId,
        subjectId,
        ...rest,
      })),
  }),
]);

export type StreamMessage = z.output<typeof streamMessageSchema>;
export type WireMessage = z.input<typeof streamMessageSchema>;

/** The events and stages of one stream. The release before this one knows its name as `batch:…`. */
export const streamTopic = (streamId: string): Topic<StreamMessage, WireMessage> => ({
  name: `batch:${streamId}`,
  schema: streamMessageSchema,
});

/** The events and stages of all streams of a workspace. The release before this one knows its name as `user:…`. */
export const workspaceTopic = (workspaceId: string): Topic<StreamMessage, WireMessage> => ({
  name: `user:${workspaceId}`,
  schema: streamMessageSchema,
});

/** Publishes entries that were just committed. */
export function announce(bus: Bus, entries: readonly LoggedEvent[]): void {
  for (const { streamId, ...rest } of entries) {
    const message: WireMessage = { kind: 'event', entry: { batchId: streamId, ...rest } };
    bus.publish(streamTopic(streamId), message);
    bus.publish(workspaceTopic(rest.ownerId), message);
  }
}

/** Publishes a stage, which is not stored. */
export function announceStage(bus: Bus, { streamId, subjectId, ...rest }: Stage): void {
  const message: WireMessage = { kind: 'stage', stage: { batchId: streamId, postId: subjectId, ...rest } };
  bus.publish(streamTopic(streamId), message);
  bus.publish(workspaceTopic(rest.ownerId), message);
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
