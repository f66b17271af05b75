import { z } from 'zod';

const counts = {
  postCount: z.int(),
  completedCount: z.int(),
  failedCount: z.int(),
  cancelledCount: z.int(),
};

/**
 * An event in a batch's log. It carries the counters as they were at its `seq`, so that a replay shows the progress of
 * that time and not today's.
 */
export const storedEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('BATCH_STARTED'), ...counts }),
  z.object({ type: z.literal('POST_COMPLETED'), postId: z.uuid(), ...counts }),
  z.object({
    type: z.literal('POST_FAILED'),
    postId: z.uuid(),
    errorCode: z.string(),
    errorMessage: z.string(),
    ...counts,
  }),
  z.object({ type: z.literal('BATCH_PAUSED'), reason: z.string(), ...counts }),
  z.object({ type: z.literal('BATCH_RESUMED'), ...counts }),
  z.object({ type: z.literal('POSTS_RETRIED'), retriedCount: z.int(), ...counts }),
  z.object({ type: z.literal('BATCH_CANCELLED'), ...counts }),
  z.object({ type: z.literal('BATCH_COMPLETED'), ...counts }),
]);

export type StoredEvent = z.infer<typeof storedEventSchema>;

/** An event with its numbers in the log. */
export const loggedEventSchema = z.object({
  batchId: z.uuid(),
  /** Its number in the batch's stream. */
  seq: z.int().positive(),
  ownerId: z.uuid(),
  /** Its number in the stream of all of the owner's batches. */
  userSeq: z.int().positive(),
  createdAt: z.coerce.date(),
  event: storedEventSchema,
});

export type LoggedEvent = z.infer<typeof loggedEventSchema>;

export const postStages = ['STARTED', 'CAPTION_READY', 'IMAGE_READY'] as const;

/** Finer progress. Stages are published and not stored: the log tells everything that matters. */
export const stageSchema = z.object({
  batchId: z.uuid(),
  ownerId: z.uuid(),
  postId: z.uuid(),
  stage: z.enum(postStages),
  at: z.coerce.date(),
});

export type PostStage = z.infer<typeof stageSchema>;

/** Whether this event ends the batch's stream, unless a retry has reopened the batch since. */
export function isFinal(event: StoredEvent): boolean {
  return event.type === 'BATCH_COMPLETED' || event.type === 'BATCH_CANCELLED';
}
