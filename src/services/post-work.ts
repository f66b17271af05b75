import { z } from 'zod';
import { loggedEventSchema, type LoggedEvent } from '../domain/batch-events.ts';
import type { Caption } from '../domain/post-content.ts';
import type { Brief } from '../domain/prompts.ts';
import type { Work } from '../domain/work.ts';
import type { Bus } from '../events/bus.ts';
import { announce } from '../events/topics.ts';
import type { Database, Transaction } from '../store/database.ts';
import { Prisma, type PostField, type PostPart } from '../store/generated/prisma/client.ts';
import { createGroup } from '../store/group.ts';
import type { Job, Jobs } from '../store/jobs.ts';

/** What a job of the queue `posts` carries. */
const postJobSchema = z.object({ postId: z.uuid() });

/** A post that is to be made, with the id of the job that makes it. */
export type QueuedPost = { id: string; jobId: string; ownerId: string; turn: number };

/** Puts posts in the queue in the order of their turns, each under its owner's name. */
export function enqueuePosts(jobs: Jobs, tx: Transaction, posts: readonly QueuedPost[]): Promise<void> {
  return jobs.enqueue(
    tx,
    'posts',
    posts.map(({ id, jobId, ownerId, turn }) => ({
      id: jobId,
      data: { postId: id } satisfies z.input<typeof postJobSchema>,
      ownerId,
      priority: -turn,
    })),
  );
}

/** A post that this worker may write, with what is to be made of it. */
export type PostWork = Work & {
  brief: Brief;
  part: PostPart;
  /** How often it was made again before and with this run: 0 while it is made for the first time. */
  remakeCount: number;
};

/** What a model made, by which prompt. */
export type Made<T> = { value: T; model: string; promptHash: string };

export type PostResult =
  | { status: 'COMPLETED'; caption?: Made<Caption> | undefined; image?: Made<string> | undefined }
  | { status: 'FAILED'; errorCode: string; errorMessage: string };

/** What a worker does to posts. Every write is fenced on the lease: who lost it changes nothing. */
export type PostWorkbench = {
  /**
   * Takes the leases of these jobs' posts; earlier holders can write no more.
   *
   * @returns those that there is something to do for: not posts that are final or gone, nor those of a batch
   * that is paused or called off.
   */
  claim(jobs: readonly { job: Job; leaseId: string }[]): Promise<PostWork[]>;
  /** @returns which of these leases still hold. */
  held(leaseIds: readonly string[]): Promise<Set<string>>;
  /**
   * Writes a post's end, its batch's counters, the events and the job's completion in one transaction. What
   * comes while one is being written shares the next. What was made becomes a revision of its field, and is
   * shown unless a person has a say in that field; a post that could not be made again stays completed as it was.
   *
   * @returns false where the lease was lost.
   */
  settle(work: Work, result: PostResult): Promise<boolean>;
  /**
   * Puts a post back in the queue, to be run again after the queue's backoff. Does nothing where the lease
   * was lost: then the job is somebody else's.
   *
   * @param options.countsAsAttempt false where the job itself has done nothing wrong: it starts afresh.
   */
  release(work: Work, reason: string, options?: { countsAsAttempt: boolean }): Promise<void>;
};

type Settlement = { work: Work; result: PostResult };

const maxGroupSize = 50;

export function createPostWorkbench(deps: { database: Database; jobs: Jobs; bus: Bus }): PostWorkbench {
  const { database, jobs, bus } = deps;
  const { prisma } = database;

  const settle = createGroup<Settlement, boolean>(async (settlements) => {
    const entries = await database.transaction(async (tx) => {
      const written = await writeResults(tx, settlements);
      const settled = new Set(written.map(({ event }) => ('postId' in event ? event.postId : undefined)));
      const done = settlements
        .filter(({ work }) => settled.has(work.subjectId))
        .map(({ work }) => work.jobId);
      if (done.length > 0) await jobs.complete(tx, 'posts', done);
      return written;
    });
    announce(bus, entries);
    const settled = new Set(entries.map(({ event }) => ('postId' in event ? event.postId : undefined)));
    return settlements.map(({ work }) => settled.has(work.subjectId));
  }, maxGroupSize);

  return {
    async claim(claims) {
      if (claims.length === 0) return [];
      const wanted = claims.map(({ job, leaseId }) => ({
        ...postJobSchema.parse(job.data),
        jobId: job.id,
        leaseId,
      }));
      const rows = await claimPosts(prisma, wanted);
      return rows.flatMap(({ id, leaseId, jobId, remakePart, remakeCount, remakeInstruction, ...row }) => {
        const job = claims.find((claim) => claim.job.id === jobId)?.job;
        if (job === undefined) return [];
        const { ownerId, campaignId, batchId, previousCaption, ...first } = row;
        const remake = { number: remakeCount, instruction: remakeInstruction, previousCaption };
        const work = { jobId, subjectId: id, ownerId, campaignId, batchId, leaseId };
        return [
          {
            ...work,
            attempt: job.retryCount + 1,
            isLastAttempt: job.isLastTry,
            part: remakePart ?? 'BOTH',
            remakeCount,
            brief: remakePart === null ? first : { ...first, remake },
          },
        ];
      });
    },
    async held(leaseIds) {
      const rows = await prisma.$queryRaw<{ leaseId: string }[]>`
        SELECT "leaseId" FROM posts WHERE "leaseId" = ANY(${[...leaseIds]}::uuid[]) AND status = 'GENERATING'`;
      return new Set(rows.map((row) => row.leaseId));
    },
    settle: (work, result) => settle({ work, result }),
    async release(work, reason, { countsAsAttempt } = { countsAsAttempt: true }) {
      await database.transaction(async (tx) => {
        const [released] = await tx.$queryRaw<{ isRunning: boolean; turn: number }[]>`
          WITH held AS MATERIALIZED (
            SELECT id, status FROM batches WHERE id = ${work.batchId}::uuid FOR KEY SHARE
          )
          UPDATE posts p SET status = 'PENDING', "leaseId" = NULL
          FROM held
          WHERE p.id = ${work.subjectId}::uuid AND p."leaseId" = ${work.leaseId}::uuid AND p.status = 'GENERATING'
          RETURNING held.status = 'RUNNING' AS "isRunning", p.turn`;
        if (released === undefined) return;
        if (released.isRunning && countsAsAttempt) return jobs.retry(tx, 'posts', work.jobId, reason);
        // A paused batch has no jobs; resuming it makes new ones for its pending posts.
        await jobs.remove(tx, 'posts', [work.jobId]);
        if (!released.isRunning) return;
        const { subjectId: id, jobId, ownerId } = work;
        await enqueuePosts(jobs, tx, [{ id, jobId, ownerId, turn: released.turn }]);
      });
    },
  };
}

/**
 * Batches are locked before posts, here and wherever both are, so that no two statements wait for each other.
 * The lock waits for a pause or a cancellation that is being written, and not for the counters.
 */
function claimPosts(prisma: Database['prisma'], wanted: object[]) {
  type Row = Omit<Brief, 'remake'> & {
    id: string;
    remakePart: PostPart | null;
    remakeCount: number;
    remakeInstruction: string | null;
    previousCaption: string | null;
    ownerId: string;
    campaignId: string;
    batchId: string;
    leaseId: string;
    jobId: string;
  };
  return prisma.$queryRaw<Row[]>`
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS w("postId" uuid, "jobId" uuid, "leaseId" uuid)
    ), running AS MATERIALIZED (
      SELECT id, "postCount" FROM batches
      WHERE id IN (SELECT p."batchId" FROM posts p JOIN wanted w ON w."postId" = p.id) AND status = 'RUNNING'
      ORDER BY id FOR KEY SHARE
    )
    UPDATE posts p
    SET status = 'GENERATING', "leaseId" = w."leaseId", "startedAt" = coalesce(p."startedAt", now())
    FROM wanted w, running b, campaigns c
    WHERE p.id = w."postId" AND p."jobId" = w."jobId" AND p.status IN ('PENDING', 'GENERATING')
      AND b.id = p."batchId" AND c.id = p."campaignId"
    RETURNING p.id, p."ownerId", p."campaignId", p."batchId", p."leaseId", p."jobId", p."targetAudience", p.position,
              p."remakePart"::text AS "remakePart", p."remakeCount", p."remakeInstruction", p.caption AS "previousCaption",
              b."postCount", c.brand, c.description, c.tone::text AS tone, c.language, c.channel::text AS channel`;
}

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
 * of a batch also ends it.
 *
 * @returns the new entries of the logs; none of posts whose lease was lost.
 */
async function writeResults(tx: Transaction, settlements: Settlement[]): Promise<LoggedEvent[]> {
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
          "errorCode" = r."errorCode", "errorMessage" = r."errorMessage", "revisionCount" = p."revisionCount" + r.added,
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
