import { storedEventSchema, type LoggedEvent } from '../domain/batches/events.ts';
import type { Database } from '../store/database.ts';
import type { Event } from '../store/generated/prisma/client.ts';
import type { Topic } from './bus.ts';
import { batchTopic, userTopic, type StreamMessage } from './topics.ts';

/**
 * One numbered sequence of events, in the log and live. Entries are written in the transaction that changes what they
 * tell of.
 */
export type Stream = {
  topic: Topic<StreamMessage>;
  /** @returns the number of an entry in this stream. */
  seqOf(entry: LoggedEvent): number;
  /** @returns the number of the newest entry; 0 when there never was one. */
  newest(): Promise<number>;
  /**
   * @param after the newest number that the reader has; 0 for none.
   * @param limit how many entries at most.
   * @returns the entries behind it, in order and without a hole. Pruned entries are missing at the front.
   */
  read(after: number, limit: number): Promise<LoggedEvent[]>;
};

export type EventLog = {
  batch(batchId: string): Stream;
  /** All batches of one account. */
  user(userId: string): Stream;
};

export function createEventLog({ prisma }: Pick<Database, 'prisma'>): EventLog {
  return {
    batch: (batchId) => ({
      topic: batchTopic(batchId),
      seqOf: ({ seq }) => seq,
      newest: async () => {
        const batch = await prisma.batch.findUnique({ where: { id: batchId }, select: { lastSeq: true } });
        return batch?.lastSeq ?? 0;
      },
      read: async (after, take) => {
        const where = { batchId, seq: { gt: after } };
        return (await prisma.event.findMany({ where, orderBy: { seq: 'asc' }, take })).map(toEntry);
      },
    }),
    user: (userId) => ({
      topic: userTopic(userId),
      seqOf: ({ userSeq }) => userSeq,
      newest: async () => (await prisma.userStream.findUnique({ where: { userId } }))?.lastSeq ?? 0,
      read: async (after, take) => {
        const where = { ownerId: userId, userSeq: { gt: after } };
        return (await prisma.event.findMany({ where, orderBy: { userSeq: 'asc' }, take })).map(toEntry);
      },
    }),
  };
}

function toEntry({ type, payload, ...place }: Event): LoggedEvent {
  return { ...place, event: storedEventSchema.parse({ type, ...Object(payload) }) };
}
