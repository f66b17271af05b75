import { storedEventSchema, type LoggedEvent } from '../domain/batch-events.ts';
import type { Database } from '../store/database.ts';

/** Reading the append-only log of a batch. Writing happens only with the state that an entry tells of. */
export type EventLog = {
  /**
   * @param after the newest `seq` that the reader has; 0 for none.
   * @param limit how many entries at most.
   * @returns the entries behind it, in order.
   */
  read(batchId: string, after: number, limit: number): Promise<LoggedEvent[]>;
};

export function createEventLog(database: Database): EventLog {
  return {
    async read(batchId, after, limit) {
      const rows = await database.prisma.event.findMany({
        where: { batchId, seq: { gt: after } },
        orderBy: { seq: 'asc' },
        take: limit,
      });
      return rows.map((row) => ({
        batchId: row.batchId,
        seq: row.seq,
        createdAt: row.createdAt,
        event: storedEventSchema.parse({ type: row.type, ...Object(row.payload) }),
      }));
    },
  };
}
