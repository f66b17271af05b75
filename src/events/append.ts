import type { Transaction } from '../store/database.ts';
import { Prisma, type Event } from '../store/generated/prisma/client.ts';
import { toEntry, type AnyEvent, type LoggedEvent } from './entries.ts';

/**
 * Appends events to their streams and their workspaces' streams, in one statement with the changes that they tell of.
 * Locks the workspaces' streams, so all other locks have to be taken before.
 *
 * @param parts common table expressions, `name AS (…)`; each may read those before it. One is called `entries` and has the
 * events, as ("streamId", "ownerId", seq, type, payload). It has locked what keeps their `lastSeq` and advanced it.
 * @returns the new log entries, in the order of their workspace's stream.
 */
export async function appendEvents(tx: Transaction, parts: readonly Prisma.Sql[]): Promise<LoggedEvent[]> {
  const rows = await tx.$queryRaw<Event[]>`
    WITH ${Prisma.join(parts)}, owners AS (
      INSERT INTO user_streams AS u ("userId", "lastSeq")
      SELECT "ownerId", count(*) FROM entries GROUP BY "ownerId" ORDER BY "ownerId"
      ON CONFLICT ("userId") DO UPDATE SET "lastSeq" = u."lastSeq" + excluded."lastSeq"
      RETURNING "userId", "lastSeq"
    )
    INSERT INTO events ("batchId", seq, "ownerId", "userSeq", type, payload, "createdAt")
    SELECT e."streamId", e.seq, e."ownerId",
           o."lastSeq" + 1 - row_number() OVER (PARTITION BY e."ownerId" ORDER BY e."streamId" DESC, e.seq DESC),
           e.type, e.payload, now()
    FROM entries e JOIN owners o ON o."userId" = e."ownerId"
    RETURNING "batchId" AS "streamId", seq, "ownerId", "userSeq", type, payload, "createdAt"`;
  return rows.map(toEntry).toSorted((a, b) => a.userSeq - b.userSeq);
}

/**
 * Appends events to a stream whose last number the table `streams` keeps. Its first event makes the stream.
 * Locks the stream and then its workspace's, so all other locks have to be taken before.
 *
 * @param stream.id an id that no other stream has, such as that of what the stream tells of.
 * @param stream.ownerId its workspace.
 * @returns the new log entries, in order. Publish them after the commit (`announce`).
 */
export function appendToStream(
  tx: Transaction,
  { id: streamId, ownerId }: { id: string; ownerId: string },
  events: readonly AnyEvent[],
): Promise<LoggedEvent[]> {
  return appendToStreams(
    tx,
    events.map((event) => ({ streamId, ownerId, event })),
  );
}

/** The same for several streams, those of a group of results that are written together: in turn they could wait for each other. */
export function appendToStreams(
  tx: Transaction,
  events: readonly { streamId: string; ownerId: string; event: AnyEvent }[],
): Promise<LoggedEvent[]> {
  return appendEvents(tx, [
    Prisma.sql`given AS (
      SELECT (g.one->>'streamId')::uuid AS id, (g.one->>'ownerId')::uuid AS "ownerId", g.one->'event' AS event,
             row_number() OVER (PARTITION BY g.one->>'streamId' ORDER BY g.n DESC)::int - 1 AS behind
      FROM jsonb_array_elements(${JSON.stringify(events)}::jsonb) WITH ORDINALITY AS g(one, n)
    )`,
    Prisma.sql`counted AS (
      INSERT INTO streams AS s (id, "ownerId", "lastSeq")
      SELECT id, "ownerId", count(*) FROM given GROUP BY id, "ownerId" ORDER BY id
      ON CONFLICT (id) DO UPDATE SET "lastSeq" = s."lastSeq" + excluded."lastSeq"
      RETURNING id, "ownerId", "lastSeq"
    )`,
    Prisma.sql`entries AS (
      SELECT c.id AS "streamId", c."ownerId", c."lastSeq" - g.behind AS seq, g.event->>'type' AS type, g.event - 'type' AS payload
      FROM counted c JOIN given g ON g.id = c.id
    )`,
  ]);
}
