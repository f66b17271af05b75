import { loggedEventSchema, type LoggedEvent } from '../../domain/batches/events.ts';
import type { Caption } from '../../domain/posts/content.ts';
import type { Work } from '../../domain/work.ts';
import { closeCalls } from '../../provider/ledger/statements.ts';
import type { Transaction } from '../../store/database.ts';
import { Prisma, type PostField } from '../../store/generated/prisma/client.ts';

/** What a model made, by which prompt. */
export type Made<T> = { value: T; model: string; promptHash: string };

export type PostResult =
  | { status: 'COMPLETED'; caption?: Made<Caption> | undefined; image?: Made<string> | undefined }
  | { status: 'FAILED'; errorCode: string; errorMessage: string };

type PostFailure = Extract<PostResult, { status: 'FAILED' }>;

/** The end of a post whose workers died with it too often. */
export const abandoned: PostFailure = {
  status: 'FAILED',
  errorCode: 'ABANDONED',
  errorMessage: 'The worker that made this post stopped several times in the middle of it.',
};

/** The end of a post whose runs failed too often without the provider's doing, such as one whose image cannot be stored. */
export const failedOften: PostFailure = {
  status: 'FAILED',
  errorCode: 'WORKER_FAILED',
  errorMessage: 'This server failed several times to make this post. Its log says why.',
};

/** What came of one run of a post. */
export type Settlement = { work: Work; result: PostResult };

/** What a result writes. Caption and hashtags are made together: one call, two revisions. */
function columnsOf(result: PostResult) {
  const { caption, image } = result.status === 'COMPLETED' ? result : {};
  return {
    status: result.status,
    caption: caption?.value.caption ?? null,
    hashtags: caption?.value.hashtags ?? [],
    captionModel: caption?.model ?? null,
    captionPrompt: caption?.promptHash ?? null,
    imageKey: image?.value ?? null,
    imageModel: image?.model ?? null,
    imagePrompt: image?.promptHash ?? null,
    added: (caption === undefined ? 0 : 2) + (image === undefined ? 0 : 1),
    errorCode: result.status === 'FAILED' ? result.errorCode : null,
    errorMessage: result.status === 'FAILED' ? result.errorMessage : null,
  };
}

/** Whether a post shows what a machine made of a field: not where a person approved, wrote or chose what is there. */
function shows(field: PostField): Prisma.Sql {
  const made = field === 'IMAGE' ? Prisma.sql`r."imageKey"` : Prisma.sql`r.caption`;
  return Prisma.sql`(${made} IS NOT NULL AND p.review <> 'APPROVED' AND NOT (${field}::"PostField" = ANY(p."pinnedFields")))`;
}

/**
 * One statement for the fenced rows of any number of posts, their batches' counters and the events. The
 * batches are locked first, in one order, which gives their events theirs, then their owners' streams; where that waited for another
 * writer, the rows that follow are checked again as they are by then (READ COMMITTED). The last final post
 * of a batch also ends it. Calls that a post has left open are closed.
 *
 * @returns the new entries of the logs; none of posts whose lease was lost.
 */
export async function writeResults(tx: Transaction, settlements: Settlement[]): Promise<LoggedEvent[]> {
  const results = settlements.map(({ work, result }, place) => ({
    postId: work.subjectId,
    batchId: work.batchId,
    leaseId: work.leaseId,
    place,
    ...columnsOf(result),
  }));
  const rows = await tx.$queryRaw<
    {
      batchId: string;
      seq: number;
      ownerId: string;
      userSeq: number;
      type: string;
      createdAt: Date;
      payload: object;
    }[]
  >`
    WITH results AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(results)}::jsonb) AS r(
        "postId" uuid, "batchId" uuid, "leaseId" uuid, place int, status text, caption text, hashtags text[],
        "captionModel" text, "captionPrompt" text, "imageKey" text, "imageModel" text, "imagePrompt" text,
        "errorCode" text, "errorMessage" text, added int)
    ), held AS MATERIALIZED (
      SELECT id FROM batches WHERE id IN (SELECT "batchId" FROM results) ORDER BY id FOR NO KEY UPDATE
    ), settled AS (
      UPDATE posts p
      SET status = CASE WHEN p."remakePart" IS NULL THEN r.status::"PostStatus" ELSE 'COMPLETED' END,
          "remakePart" = NULL, "remakeInstruction" = NULL, "leaseId" = NULL, "finishedAt" = now(),
          "errorCode" = r."errorCode", "errorMessage" = r."errorMessage", failures = 0, crashes = 0, "revisionCount" = p."revisionCount" + r.added,
          version = p.version + (${shows('CAPTION')} OR ${shows('HASHTAGS')} OR ${shows('IMAGE')})::int,
          caption = CASE WHEN ${shows('CAPTION')} THEN r.caption ELSE p.caption END,
          "captionRevision" = CASE WHEN ${shows('CAPTION')} THEN p."revisionCount" + 1 ELSE p."captionRevision" END,
          hashtags = CASE WHEN ${shows('HASHTAGS')} THEN r.hashtags ELSE p.hashtags END,
          "hashtagsRevision" = CASE WHEN ${shows('HASHTAGS')} THEN p."revisionCount" + 2 ELSE p."hashtagsRevision" END,
          "imageKey" = CASE WHEN ${shows('IMAGE')} THEN r."imageKey" ELSE p."imageKey" END,
          "imageRevision" = CASE WHEN ${shows('IMAGE')} THEN p."revisionCount" + r.added ELSE p."imageRevision" END
      FROM results r, held
      WHERE p.id = r."postId" AND p."leaseId" = r."leaseId" AND p.status = 'GENERATING' AND held.id = p."batchId"
      RETURNING p.id, p."batchId", p.status, p."errorCode", p."errorMessage", p."revisionCount" - r.added AS "revisionsBefore",
                r.place, r.added, r.caption AS "madeCaption", r.hashtags AS "madeHashtags", r."imageKey" AS "madeImage",
                r."captionModel", r."captionPrompt", r."imageModel", r."imagePrompt"
    ), closed AS (
      ${closeCalls(Prisma.sql`(SELECT id FROM settled)`)}
    ), revised AS (
      INSERT INTO post_revisions ("postId", number, field, author, text, hashtags, model, "promptHash")
      SELECT s.id, s."revisionsBefore" + m.place, m.field::"PostField", 'MODEL', m.text, m.hashtags, m.model, m."promptHash"
      FROM settled s CROSS JOIN LATERAL (VALUES
        (1, 'CAPTION', s."madeCaption", ARRAY[]::text[], s."captionModel", s."captionPrompt"),
        (2, 'HASHTAGS', NULL, s."madeHashtags", s."captionModel", s."captionPrompt"),
        (s.added, 'IMAGE', s."madeImage", ARRAY[]::text[], s."imageModel", s."imagePrompt")
      ) AS m(place, field, text, hashtags, model, "promptHash")
      WHERE m.model IS NOT NULL
    ), numbered AS (
      SELECT *, row_number() OVER w AS n,
             count(*) FILTER (WHERE status = 'COMPLETED') OVER w AS done, count(*) FILTER (WHERE status = 'FAILED') OVER w AS lost
      FROM settled WINDOW w AS (PARTITION BY "batchId" ORDER BY place)
    ), tallied AS (
      SELECT "batchId", max(n) AS n, max(done) AS done, max(lost) AS lost FROM numbered GROUP BY 1
    ), counted AS (
      UPDATE batches b
      SET "completedCount" = b."completedCount" + t.done, "failedCount" = b."failedCount" + t.lost,
          "lastSeq" = b."lastSeq" + t.n + (b."completedCount" + b."failedCount" + b."cancelledCount" + t.n = b."postCount")::int,
          status = CASE WHEN b."completedCount" + b."failedCount" + b."cancelledCount" + t.n = b."postCount"
                        THEN 'COMPLETED' ELSE b.status END,
          "pauseReason" = CASE WHEN b."completedCount" + b."failedCount" + b."cancelledCount" + t.n < b."postCount"
                               THEN b."pauseReason" END,
          "finishedAt" = CASE WHEN b."completedCount" + b."failedCount" + b."cancelledCount" + t.n = b."postCount" THEN now() END
      FROM tallied t
      WHERE b.id = t."batchId"
      RETURNING b.id, b."ownerId", b.status = 'COMPLETED' AS "isOver", b."lastSeq" - t.n - (b.status = 'COMPLETED')::int AS "seqBefore",
                b."lastSeq", b."postCount", b."cancelledCount", b."completedCount", b."failedCount",
                b."completedCount" - t.done AS "doneBefore", b."failedCount" - t.lost AS "lostBefore"
    ), entries AS (
      SELECT c.id AS "batchId", c."ownerId", c."seqBefore" + s.n AS seq,
             CASE s.status WHEN 'COMPLETED' THEN 'POST_COMPLETED' ELSE 'POST_FAILED' END AS type,
             jsonb_strip_nulls(jsonb_build_object(
               'postId', s.id, 'errorCode', s."errorCode", 'errorMessage', s."errorMessage", 'postCount', c."postCount",
               'completedCount', c."doneBefore" + s.done, 'failedCount', c."lostBefore" + s.lost,
               'cancelledCount', c."cancelledCount")) AS payload
      FROM counted c JOIN numbered s ON s."batchId" = c.id
      UNION ALL
      SELECT c.id, c."ownerId", c."lastSeq", 'BATCH_COMPLETED', jsonb_build_object(
               'postCount', c."postCount", 'completedCount', c."completedCount", 'failedCount', c."failedCount",
               'cancelledCount', c."cancelledCount")
      FROM counted c WHERE c."isOver"
    ), streams AS (
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
    .map(({ type, payload, ...place }) => loggedEventSchema.parse({ ...place, event: { type, ...payload } }))
    .toSorted((a, b) => a.userSeq - b.userSeq);
}
