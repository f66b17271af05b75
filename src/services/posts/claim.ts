import type { Brief } from '../../domain/posts/prompts.ts';
import { crashesOfSuspects, type SuspectSlot } from '../../domain/posts/suspects.ts';
import type { Work } from '../../domain/work.ts';
import type { Database } from '../../store/database.ts';
import type { PostPart } from '../../store/generated/prisma/client.ts';
import type { Job } from '../../store/jobs/jobs.ts';
import { lockFetched } from '../../store/jobs/sql.ts';
import { postJobSchema } from './queue.ts';

/** Work on a post: it always has a batch. */
export type WorkOnPost = Work & { campaignId: string; batchId: string };

/** A post that this worker may write, and which parts of it are to be made. */
export type PostWork = WorkOnPost & {
  brief: Brief;
  part: PostPart;
  /** How often the post was regenerated, this run included; 0 while it is made for the first time. */
  regenerationCount: number;
};

/** A fetched job, and the lease that its post gets. */
export type Claim = { job: Job; leaseId: string };

/** A post ends FAILED after this many failed runs. */
const maxFailures = 6;

/**
 * Takes the leases of these jobs' posts, in one statement. Takes at most one suspect, and only into a free `suspects` slot.
 *
 * @returns the claimed posts. PostWorkbench.claim says which ones are missing.
 */
export async function claimPosts(
  database: Database,
  suspects: SuspectSlot,
  claims: readonly Claim[],
): Promise<PostWork[]> {
  const wanted = claims.map(({ job, leaseId }) => ({
    ...postJobSchema.parse(job.data),
    jobId: job.id,
    fetchedAt: job.fetchedAt.getTime(),
    leaseId,
  }));
  const hasRoom = suspects.reserve();
  let suspect: string | undefined;
  try {
    const parameters = [JSON.stringify(wanted), crashesOfSuspects, hasRoom];
    const rows = await database.query<ClaimedRow>(claimStatement, parameters);
    suspect = rows.find(({ crashes }) => crashes >= crashesOfSuspects)?.leaseId;
    return rows.map(toWork);
  } finally {
    if (hasRoom) suspects.take(suspect);
  }
}

type ClaimedRow = Omit<Brief, 'regeneration'> & {
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
  failures: number;
  crashes: number;
};

function toWork(row: ClaimedRow): PostWork {
  const { id, leaseId, jobId, ownerId, campaignId, batchId, failures, crashes: _, ...fields } = row;
  const { remakePart, remakeCount, remakeInstruction, previousCaption, ...brief } = fields;
  const regeneration = { number: remakeCount, instruction: remakeInstruction, previousCaption };
  return {
    jobId,
    subjectId: id,
    ownerId,
    campaignId,
    batchId,
    leaseId,
    attempt: failures + 1,
    isLastAttempt: failures + 1 >= maxFailures,
    part: remakePart ?? 'BOTH',
    regenerationCount: remakeCount,
    brief: remakePart === null ? brief : { ...brief, regeneration },
  };
}

/**
 * Locks batches before posts, as every statement does, to avoid deadlocks. The batch's lock waits for a pause or a
 * cancellation that is being written, but not for the counters. The job is checked again under a lock, after the batch:
 * a pause and a resumption, or a recovery, may have given it to another worker since it was fetched.
 * $1: the claims. $2: the number of crashes that makes a suspect. $3: whether one may be taken.
 */
const claimStatement = `
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS w("postId" uuid, "jobId" uuid, "fetchedAt" bigint, "leaseId" uuid)
    ), running AS MATERIALIZED (
      SELECT id, "postCount" FROM batches
      WHERE id IN (SELECT p."batchId" FROM posts p JOIN wanted w ON w."postId" = p.id) AND status = 'RUNNING'
      ORDER BY id FOR KEY SHARE
    ), fetched AS MATERIALIZED (
      -- The count makes sure that all batches are locked before the first job.
      ${lockFetched('posts', 'wanted', '(SELECT count(*) FROM running) > 0')}
    ), suspect AS (
      SELECT p.id FROM posts p JOIN wanted w ON w."postId" = p.id AND w."jobId" = p."jobId"
      JOIN running b ON b.id = p."batchId"
      WHERE $3::boolean AND p.crashes >= $2::int AND p.status = 'PENDING' ORDER BY p.crashes, p.turn LIMIT 1
    )
    UPDATE posts p
    SET status = 'GENERATING', "leaseId" = w."leaseId", "startedAt" = coalesce(p."startedAt", now())
    FROM wanted w, fetched f, running b, campaigns c
    WHERE f.id = w."jobId" AND p.id = w."postId" AND p."jobId" = w."jobId" AND p.status = 'PENDING'
      AND (p.crashes < $2::int OR p.id = (SELECT id FROM suspect))
      AND b.id = p."batchId" AND c.id = p."campaignId"
    RETURNING p.id, p."ownerId", p."campaignId", p."batchId", p."leaseId", p."jobId", p."targetAudience", p.position,
              p."remakePart"::text AS "remakePart", p."remakeCount", p."remakeInstruction", p.caption AS "previousCaption",
              p.failures, p.crashes,
              b."postCount", c.brand, c.description, c.tone::text AS tone, c.language, c.channel::text AS channel`;
