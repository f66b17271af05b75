import { z } from 'zod';

/** One event of a batch, and when it was committed, on the machine's monotonic clock. */
export const commitSchema = z.object({ batchId: z.string(), seq: z.number(), atMs: z.number() });
export type Commit = z.output<typeof commitSchema>;
export const commitsSchema = z.object({ commits: z.array(commitSchema) });

/** What a subscriber was told: its own number among all, and the event's. */
export const toldSchema = z.object({ subscriber: z.number(), seq: z.number(), atMs: z.number() });
export type Told = z.output<typeof toldSchema>;

/** Since the subscribers were last asked. */
export const reportSchema = z.object({
  told: z.array(toldSchema),
  /** Messages of all kinds. */
  deliveries: z.number(),
  /** One message of each kind, as the server wrote it. */
  samples: z.object({ stage: z.string(), event: z.string() }),
  /** Of connections that were closed. */
  closeCodes: z.array(z.number()),
});

/** Whom the subscribers of one group listen to. */
export const groupSchema = z.object({ batchId: z.string(), token: z.string() });
export type Group = z.output<typeof groupSchema>;
