import { loggedEventSchema, type LoggedEvent } from '../domain/batches/events.ts';
import type { Transaction } from '../store/database.ts';
import { Prisma } from '../store/generated/prisma/client.ts';

type Row = {
  batchId: string;
  seq: number;
  ownerId: string;
  userSeq: number;
  type: string;
  payload: object;
  createdAt: Date;
};

/**
 * Appends events to the streams of their batches and workspaces, in one statement with the changes that they tell of.
 * Locks the workspaces' streams, so all other locks have to be taken before.
 *
 * @param parts common table expressions, `name AS (…)`; each may read those before it. One is called `entries` and has the
 * events, as ("batchId", "ownerId", seq, type, payload). It has locked their batches and advanced `lastSeq` for them.
 * @returns the new log entries, in the order of their workspace's stream.
 */
export async function appendEvents(tx: Transaction, parts: readonly Prisma.Sql[]): Promise<LoggedEvent[]> {
  const rows = await tx.$queryRaw<Row[]>`
    WITH ${Prisma.join(parts)}, streams AS (
      INSERT INTO user_streams AS u ("userId", "lastSeq")
      SELECT "ownerId", count(*) FROM entries GROUP BY "ownerId" ORDER BY "ownerId"
      ON CONFLICT ("userId") DO UPDATE SET "lastSeq" = u."lastSeq" + excluded."lastSeq"
      RETURNING "userId", "lastSeq"
    )
    INSERT INTO events ("batchId", seq, "ownerId", "userSeq", type, payload, "createdAt")
    SELECT e."batchId", e.seq, e."ownerId",
           u."lastSeq" + 1 - row_number() OVER (PARTITION BY e."ownerId" ORDER BY e."batchId" DESC, e.seq DESC),
           e.type, e.payload, now()
    FROM entries e JOIN streams u ON u."userId" = e."ownerId"
    RETURNING "batchId", seq, "ownerId", "userSeq", type, payload, "createdAt"`;
  return rows
    .map(({ type, payload, ...fields }) =>
      loggedEventSchema.parse({ ...fields, event: { type, ...payload } }),
    )
    .toSorted((a, b) => a.userSeq - b.userSeq);
}
