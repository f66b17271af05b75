import { z } from 'zod';

const counts = {
  postCount: z.int(),
  completedCount: z.int(),
  failedCount: z.int(),
  cancelledCount: z.int(),
  /** Absent in events of the release before this one. */
  foundCount: z.int().default(0),
};

/**
 * An event in a batch's log. It carries the counters as they were at its `seq`, so that a replay shows the progress of
 * that time and not today's.
 */
export const storedEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('BATCH_STARTED'), ...counts }),
  z.object({ type: z.literal('PLAN_ITEM'), itemId: z.uuid(), position: z.int(), ...counts }),
  z.object({ type: z.literal('BATCH_PLANNED'), plannedCount: z.int(), ...counts }),
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

const types: ReadonlySet<string> = new Set(storedEventSchema.options.map(({ shape }) => shape.type.value));

/** @returns the event as a batch's; undefined if its type is none of a batch's. @throws ZodError */
export function parseBatchEvent(event: { type: string }): StoredEvent | undefined {
  return types.has(event.type) ? storedEventSchema.parse(event) : undefined;
}

/** @returns the post that the event is the result of; undefined for any other event. */
export function postOfEvent(event: { type: string; postId?: unknown }): string | undefined {
  return typeof event.postId === 'string' ? event.postId : undefined;
}

/** Whether this event ends the batch's stream, unless a retry has reopened the batch since. */
export function isFinal({ type }: { type: string }): boolean {
  return type === 'BATCH_COMPLETED' || type === 'BATCH_CANCELLED';
}

export const postStageSchema = z.enum(['STARTED', 'CAPTION_READY', 'IMAGE_READY']);

/** What has become of a post that is being made. */
export type PostStage = z.infer<typeof postStageSchema>;
