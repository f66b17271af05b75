import type { Database } from '../store/database.ts';
import { Prisma, type Event } from '../store/generated/prisma/client.ts';
import type { Topic } from './bus.ts';
import { toEntry, type LoggedEvent } from './entries.ts';
import type { StreamKind } from './stream-kind.ts';
import { streamTopic, workspaceTopic, type StreamMessage, type WireMessage } from './topics.ts';

/**
 * One numbered sequence of events, in the log and live. An entry is written in the transaction of the change that it
 * tells of.
 */
export type Stream = Pick<StreamKind, 'name' | 'isFinal' | 'subjectOf'> & {
  topic: Topic<StreamMessage, WireMessage>;
  /** @returns the number of an entry in this stream. */
  seqOf(entry: LoggedEvent): number;
  /** @returns the number of the newest entry; 0 if there never was one. */
  newest(): Promise<number>;
  /**
   * @param after the newest number that the reader has; 0 for none.
   * @param limit how many entries at most.
   * @returns the entries after it, in order and without a gap. Pruned entries are missing at the front. Undefined if what it
   * tells of was deleted.
   */
  read(after: number, limit: number): Promise<LoggedEvent[] | undefined>;
};

export type EventLog = {
  /** The stream of one thing, such as a batch. */
  stream(kind: StreamKind, id: string): Stream;
  /** All streams of a workspace. @param kinds those that may be in it. */
  workspace(kinds: readonly StreamKind[], workspaceId: string): Stream;
};

/** Reads the streams that `appendEvents` writes. */
export function createEventLog({ prisma }: Pick<Database, 'prisma'>): EventLog {
  return {
    stream({ name, isFinal, subjectOf, heads = Prisma.sql`streams` }, id) {
      return {
        name,
        isFinal,
        subjectOf,
        topic: streamTopic(id),
        seqOf: ({ seq }) => seq,
        newest: async () => {
          const [head] = await prisma.$queryRaw<{ lastSeq: number }[]>`
            SELECT h."lastSeq" FROM ${heads} h WHERE h.id = ${id}::uuid`;
          return head?.lastSeq ?? 0;
        },
        read: async (after, limit) => {
          // A stream without such entries is one row of nulls.
          const rows = await prisma.$queryRaw<(Event | { streamId: null })[]>`
            SELECT e.*, e."batchId" AS "streamId" FROM ${heads} h LEFT JOIN LATERAL (
              SELECT * FROM events WHERE "batchId" = h.id AND seq > ${after} ORDER BY seq LIMIT ${limit}
            ) e ON true
            WHERE h.id = ${id}::uuid ORDER BY e.seq`;
          if (rows.length === 0) return undefined;
          return rows.flatMap((row) => (row.streamId === null ? [] : [toEntry(row)]));
        },
      };
    },
    workspace: (kinds, workspaceId) => ({
      name: 'workspace',
      isFinal: () => false,
      subjectOf(event) {
        for (const kind of kinds) {
          const subject = kind.subjectOf(event);
          if (subject !== undefined) return subject;
        }
        return undefined;
      },
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
