import { z } from 'zod';
import type { LoggedEvent } from '../domain/batch-events.ts';
import { loggedEventSchema } from '../domain/batch-events.ts';
import { globalId } from '../domain/ids.ts';
import type { Caption } from '../domain/post-content.ts';
import type { Brief } from '../domain/prompts.ts';
import type { Bus } from '../events/bus.ts';
import type { Database, Transaction } from '../store/database.ts';
import type { Post, PostStatus } from '../store/generated/prisma/client.ts';
import type { Job, Jobs } from '../store/jobs.ts';
import type { Viewer } from './accounts.ts';
import { readPage, type Page, type PageArgs } from './paging.ts';
import { parseInput } from './validation.ts';

/** What a job of the queue `posts` carries. */
export const postJobSchema = z.object({ postId: z.uuid() });

export type PostJob = z.infer<typeof postJobSchema>;

/** Ids are global ones. */
export type PostFilter = {
  campaignId?: string | null | undefined;
  batchId?: string | null | undefined;
  status?: PostStatus | null | undefined;
};

/** A post that this worker may write: its brief, and the lease that says so. */
export type ClaimedPost = { id: string; ownerId: string; batchId: string; leaseId: string; brief: Brief };

export type PostResult =
  | { status: 'COMPLETED'; caption: Caption; imageKey: string }
  | { status: 'FAILED'; errorCode: string; errorMessage: string };

export type Posts = {
  /** @returns null for an absent post and for somebody else's alike. */
  find(viewer: Viewer, id: string): Promise<Post | null>;
  /** Newest first. @throws InvalidInputError */
  list(viewer: Viewer, filter: PostFilter, page: PageArgs): Promise<Page<Post>>;
  /**
   * Takes a post's lease; an earlier holder can write no more.
   *
   * @returns undefined where the post is already final or gone.
   */
  claim(postId: string, leaseId: string): Promise<ClaimedPost | undefined>;
  /**
   * Writes a post's end, its batch's counters, the events and the job's completion in one transaction.
   *
   * @returns false where the lease was lost: then nothing was written.
   */
  settle(post: ClaimedPost, job: Job, result: PostResult): Promise<boolean>;
};

const filterSchema = z.object({
  campaignId: globalId('Campaign').nullish(),
  batchId: globalId('Batch').nullish(),
});

export function createPosts(deps: { database: Database; jobs: Jobs; bus: Bus }): Posts {
  const { database, jobs, bus } = deps;
  const { post } = database.prisma;

  return {
    find: (viewer, id) => post.findUnique({ where: { id, ownerId: viewer.userId } }),

    list(viewer, filter, page) {
      const { campaignId, batchId } = parseInput(filterSchema, filter, 'filter');
      const where = {
        ownerId: viewer.userId,
        ...(campaignId == null ? {} : { campaignId }),
        ...(batchId == null ? {} : { batchId }),
        ...(filter.status == null ? {} : { status: filter.status }),
      };
      return readPage(page, (keyset) => post.findMany({ ...keyset, where: { ...where, ...keyset.where } }));
    },

    async claim(postId, leaseId) {
      const [claimed] = await database.prisma.$queryRaw<(Omit<ClaimedPost, 'brief'> & Brief)[]>`
        UPDATE posts p
        SET status = 'GENERATING', "leaseId" = ${leaseId}::uuid, "startedAt" = coalesce(p."startedAt", now())
        FROM campaigns c, batches b
        WHERE p.id = ${postId}::uuid AND p.status IN ('PENDING', 'GENERATING')
          AND c.id = p."campaignId" AND b.id = p."batchId"
        RETURNING p.id, p."ownerId", p."batchId", p."leaseId", p."targetAudience", p.position, b."postCount",
                  c.brand, c.description, c.tone::text AS tone, c.language, c.channel::text AS channel`;
      if (claimed === undefined) return undefined;
      const { id, ownerId, batchId, leaseId: lease, ...brief } = claimed;
      return { id, ownerId, batchId, leaseId: lease, brief };
    },

    async settle(claimed, job, result) {
      const entries = await database.transaction(async (tx) => {
        const written = await writeResult(tx, claimed, result);
        if (written.length > 0) await jobs.complete(tx, job.queue, job.id);
        return written;
      });
      for (const entry of entries) bus.publish(claimed.batchId, { kind: 'event', entry });
      return entries.length > 0;
    },
  };
}

/**
 * One statement for the fenced post row, the batch's counters and the events. The batch's row is locked
 * first, which gives its events their order; where that waited for another writer, the rows that follow are
 * checked again as they are by then (READ COMMITTED). The last final post also ends the batch.
 *
 * @returns the new entries of the log, none where the lease was lost.
 */
async function writeResult(
  tx: Transaction,
  claimed: ClaimedPost,
  result: PostResult,
): Promise<LoggedEvent[]> {
  const done = result.status === 'COMPLETED';
  const failure = done ? null : result;
  const rows = await tx.$queryRaw<{ seq: number; type: string; createdAt: Date; payload: object }[]>`
    WITH held AS MATERIALIZED (
      SELECT id FROM batches WHERE id = ${claimed.batchId}::uuid FOR UPDATE
    ), settled AS (
      UPDATE posts p
      SET status = ${result.status}::"PostStatus", "leaseId" = NULL, "finishedAt" = now(),
          caption = ${done ? result.caption.caption : null}, hashtags = ${done ? result.caption.hashtags : []},
          "imageKey" = ${done ? result.imageKey : null},
          "errorCode" = ${failure?.errorCode ?? null}, "errorMessage" = ${failure?.errorMessage ?? null}
      FROM held
      WHERE p.id = ${claimed.id}::uuid AND p."leaseId" = ${claimed.leaseId}::uuid AND p.status = 'GENERATING'
        AND p."batchId" = held.id
      RETURNING p.id, p."batchId", p."errorCode", p."errorMessage"
    ), counted AS (
      UPDATE batches b
      SET "completedCount" = b."completedCount" + ${done ? 1 : 0}, "failedCount" = b."failedCount" + ${done ? 0 : 1},
          "lastSeq" = b."lastSeq" + CASE WHEN b."completedCount" + b."failedCount" + 1 = b."postCount" THEN 2 ELSE 1 END,
          status = CASE WHEN b."completedCount" + b."failedCount" + 1 = b."postCount"
                        THEN 'COMPLETED'::"BatchStatus" ELSE b.status END,
          "finishedAt" = CASE WHEN b."completedCount" + b."failedCount" + 1 = b."postCount" THEN now() END
      FROM settled
      WHERE b.id = settled."batchId"
      RETURNING b.id, b."lastSeq", b.status = 'COMPLETED' AS "isLast", jsonb_build_object(
        'postCount', b."postCount", 'completedCount', b."completedCount", 'failedCount', b."failedCount") AS counts
    )
    INSERT INTO events ("batchId", seq, type, payload, "createdAt")
    SELECT c.id, c."lastSeq" - c."isLast"::int, ${done ? 'POST_COMPLETED' : 'POST_FAILED'},
           c.counts || jsonb_strip_nulls(jsonb_build_object(
             'postId', s.id, 'errorCode', s."errorCode", 'errorMessage', s."errorMessage")), now()
    FROM counted c, settled s
    UNION ALL
    SELECT c.id, c."lastSeq", 'BATCH_COMPLETED', c.counts, now() FROM counted c WHERE c."isLast"
    RETURNING seq, type, payload, "createdAt"`;
  return rows
    .toSorted((a, b) => a.seq - b.seq)
    .map(({ seq, type, createdAt, payload }) =>
      loggedEventSchema.parse({ batchId: claimed.batchId, seq, createdAt, event: { type, ...payload } }),
    );
}
