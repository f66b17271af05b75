import { storedEventSchema, type LoggedEvent } from '../domain/batches/events.ts';
import type { Database } from '../store/database.ts';
import type { Event } from '../store/generated/prisma/client.ts';
import type { Topic } from './bus.ts';
import { batchTopic, workspaceTopic, type StreamMessage } from './topics.ts';

/**
 * One numbered sequence of events, in the log and live. An entry is written in the transaction of the change that it
 * tells of.
 */
export type Stream = {
  topic: Topic<StreamMessage>;
  /** @returns the number of an entry in this stream. */
  seqOf(entry: LoggedEvent): number;
  /** @returns the number of the newest entry; 0 if there never was one. */
  newest(): Promise<number>;
  /**
   * @param after the newest number that the reader has; 0 for none.
   * @param limit how many entries at most.
   * @returns the entries after it, in order and without a gap. Pruned entries are missing at the front. Undefined if the batch
   * that it tells of was deleted.
   */
  read(after: number, limit: number): Promise<LoggedEvent[] | undefined>;
};

export type EventLog = {
  batch(batchId: string): Stream;
  /** All batches of a workspace. */
  workspace(workspaceId: string): Stream;
};

/** Reads the streams that `appendEvents` writes. */
export function createEventLog({ prisma }: Pick<Database, 'prisma'>): EventLog {
  return {
    batch: (batchId) => ({
      topic: batchTopic(batchId),
      seqOf: ({ seq }) => seq,
      newest: async () => {
        const batch = await prisma.batch.findUnique({ where: { id: batchId }, select: { lastSeq: true } });
        return batch?.lastSeq ?? 0;
      },
      read: async (after, limit) => {
        // A batch without such entries is one row of nulls.
        const rows = await prisma.$queryRaw<(Event | { batchId: null })[]>`
          SELECT e.* FROM batches b LEFT JOIN LATERAL (
            SELECT * FROM events WHERE "batchId" = b.id AND seq > ${after} ORDER BY seq LIMIT ${limit}
          ) e ON true
          WHERE b.id = ${batchId}::uuid AND b."deletedAt" IS NULL ORDER BY e.seq`;
        if (rows.length === 0) return undefined;
        return rows.flatMap((row) => (row.batchId === null ? [] : [toEntry(row)]));
      },
    }),
    workspace: (workspaceId) => ({
      topic: workspaceTopic(workspaceId),
      seqOf: ({ userSeq }) => userSeq,
      newest: async () =>
        (await prisma.userStream.findUnique({ where: { userId: workspaceId } }))?.lastSeq ?? 0,
      read: async (after, take) => {
        const where = { ownerId: workspaceId, userSeq: { gt: after } };
        return (await prisma.event.findMany({ where, orderBy: { userSeq: 'asc' }, take })).map(toEntry);
      },
    }),
  };
}

/** @returns the entry that a row holds. */
export function toEntry({ type, payload, ...fields }: Event): LoggedEvent {
  return { ...fields, event: storedEventSchema.parse({ type, ...Object(payload) }) };
}
