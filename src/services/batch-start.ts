import { createHash, randomUUID, randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import type { LoggedEvent } from '../domain/batch-events.ts';
import { CampaignStateError, IdempotencyConflictError, NotFoundError } from '../domain/errors.ts';
import { firstTurn } from '../domain/fair-share.ts';
import { globalId } from '../domain/ids.ts';
import { micros } from '../domain/pricing.ts';
import type { Changes } from '../cache/changes.ts';
import type { Bus } from '../events/bus.ts';
import { announce } from '../events/topics.ts';
import type { Database, Transaction } from '../store/database.ts';
import type { Batch, Campaign } from '../store/generated/prisma/client.ts';
import type { Jobs } from '../store/jobs.ts';
import type { Viewer } from './accounts.ts';

import { ownedBy } from './ownership.ts';
import { enqueuePosts } from './post-queue.ts';
import { parseInput, text } from './validation.ts';

const maxPostsPerBatch = 10_000;

export type StartBatchInput = {
  /** Global id. */
  campaignId: string;
  postCount: number;
  targetAudience?: string | null | undefined;
  /** US dollars. */
  maxCost?: number | null | undefined;
  idempotencyKey?: string | null | undefined;
};

export const orderSchema = z.object({
  campaignId: globalId('Campaign'),
  postCount: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(maxPostsPerBatch, `must be at most ${maxPostsPerBatch}`),
});

/** US dollars, more than none and less than anybody means. */
export const maxCostSchema = z.number().positive('must be above 0').max(1_000_000, 'must be at most 1000000');

const startBatchSchema = orderSchema.extend({
  targetAudience: text(500).nullish(),
  maxCost: maxCostSchema.nullish(),
  idempotencyKey: text(200).nullish(),
});

/**
 * Writes batch, posts, jobs and the first event together, or nothing.
 *
 * @throws InvalidInputError, NotFoundError (campaign), CampaignStateError, IdempotencyConflictError
 */
export async function startBatch(
  deps: { database: Database; jobs: Jobs; bus: Bus; changes: Changes },
  viewer: Viewer,
  input: StartBatchInput,
): Promise<Batch> {
  const { idempotencyKey, ...order } = parseInput(startBatchSchema, input);
  const batchId = randomUUIDv7();
  const started = await deps.database.transaction(async (tx) => {
    // Held, so that it is neither archived nor deleted until the batch is written.
    const [campaign] = await tx.$queryRaw<Campaign[]>`
      SELECT * FROM campaigns WHERE id = ${order.campaignId}::uuid AND "ownerId" = ${viewer.userId}::uuid FOR SHARE`;
    if (campaign === undefined) throw new NotFoundError('campaign', 'input.campaignId');
    if (idempotencyKey != null) {
      const earlier = await claimKey(tx, viewer, idempotencyKey, hashOf(order), batchId);
      if (earlier !== undefined)
        return { batch: await tx.batch.findUniqueOrThrow({ where: { id: earlier } }), entry: undefined };
    }
    if (campaign.status === 'ARCHIVED') {
      throw new CampaignStateError('An archived campaign takes no new batch. Restore it first.');
    }
    // Ids of one millisecond come in no order; sorted, the newest-first lists show a batch from its last post.
    const ids = Array.from({ length: order.postCount }, () => randomUUIDv7()).toSorted();
    const posts = ids.map((postId) => ({ postId, jobId: randomUUID() }));
    const turn = await takeTurns(tx, campaign.ownerId);
    await enqueuePosts(
      deps.jobs,
      tx,
      posts.map(({ postId: id, jobId }, place) => ({
        id,
        jobId,
        ownerId: campaign.ownerId,
        turn: turn + place,
      })),
    );
    // Last: it locks the owner's stream, which the owner's other batches write their events to.
    return writeBatch(tx, campaign, batchId, { posts, turn, order });
  });
  if (started.entry !== undefined) {
    deps.changes.started(started.batch);
    announce(deps.bus, [started.entry]);
  }
  return started.batch;
}

/**
 * Takes an idempotency key for a new batch. A second transaction with the same key waits here for the first.
 *
 * @returns the batch that the key already stands for, or undefined where it is free (or older than 24 h).
 * @throws IdempotencyConflictError where it stands for another input.
 */
async function claimKey(
  tx: Transaction,
  viewer: Viewer,
  key: string,
  inputHash: string,
  batchId: string,
): Promise<string | undefined> {
  const claimed = await tx.$executeRaw`
    INSERT INTO idempotency_keys AS k ("ownerId", key, "inputHash", "batchId")
    VALUES (${viewer.userId}::uuid, ${key}, ${inputHash}, ${batchId}::uuid)
    ON CONFLICT ("ownerId", key) DO UPDATE
      SET "inputHash" = excluded."inputHash", "batchId" = excluded."batchId", "createdAt" = now()
      WHERE k."createdAt" < now() - interval '24 hours'`;
  if (claimed === 1) return undefined;
  const known = await tx.idempotencyKey.findUniqueOrThrow({
    where: { ownerId_key: { ...ownedBy(viewer), key } },
  });
  if (known.inputHash !== inputHash) throw new IdempotencyConflictError();
  return known.batchId;
}

/** Batch, posts and first event in one statement, whatever the number of posts. */
async function writeBatch(
  tx: Transaction,
  campaign: Campaign,
  batchId: string,
  {
    posts,
    turn,
    order,
  }: {
    posts: { postId: string; jobId: string }[];
    /** Of the first post. */
    turn: number;
    order: { targetAudience?: string | null | undefined; maxCost?: number | null | undefined };
  },
): Promise<{ batch: Batch; entry: LoggedEvent }> {
  const { ownerId } = campaign;
  const counts = { postCount: posts.length, completedCount: 0, failedCount: 0, cancelledCount: 0 };
  const targetAudience = order.targetAudience ?? null;
  const [row] = await tx.$queryRaw<(Batch & { userSeq: number })[]>`
    WITH batch AS (
      INSERT INTO batches (id, "ownerId", "campaignId", channel, "targetAudience", "postCount", "maxCostMicros", "lastSeq", "createdAt")
      VALUES (${batchId}::uuid, ${ownerId}::uuid, ${campaign.id}::uuid, ${campaign.channel}::"Channel", ${targetAudience},
              ${posts.length}::int, ${order.maxCost == null ? null : micros(order.maxCost)}, 1, now())
      RETURNING *
    ), stream AS (
      INSERT INTO user_streams AS u ("userId", "lastSeq") VALUES (${ownerId}::uuid, 1)
      ON CONFLICT ("userId") DO UPDATE SET "lastSeq" = u."lastSeq" + 1
      RETURNING "lastSeq"
    ), event AS (
      INSERT INTO events ("batchId", seq, "ownerId", "userSeq", type, payload, "createdAt")
      SELECT ${batchId}::uuid, 1, ${ownerId}::uuid, "lastSeq", 'BATCH_STARTED', ${JSON.stringify(counts)}::jsonb, now()
      FROM stream
    ), post AS (
      INSERT INTO posts (id, "jobId", "ownerId", "campaignId", channel, "batchId", position, "targetAudience", turn, "createdAt")
      SELECT "postId", "jobId", ${ownerId}::uuid, ${campaign.id}::uuid, ${campaign.channel}::"Channel", ${batchId}::uuid, place,
             ${targetAudience ?? campaign.targetAudience}, ${turn}::int + place - 1, now()
      FROM unnest(${posts.map(({ postId }) => postId)}::uuid[], ${posts.map(({ jobId }) => jobId)}::uuid[])
           WITH ORDINALITY AS new("postId", "jobId", place)
    )
    SELECT batch.*, stream."lastSeq" AS "userSeq" FROM batch, stream`;
  if (row === undefined) throw new Error('the batch was not written');
  const { userSeq, ...batch } = row;
  const { createdAt } = batch;
  const event = { type: 'BATCH_STARTED' as const, ...counts };
  return { batch, entry: { batchId, seq: 1, ownerId, userSeq, createdAt, event } };
}

/** The first of the turns that an owner's next posts take in the fair queue. */
export async function takeTurns(tx: Transaction, ownerId: string): Promise<number> {
  const [queue] = await tx.$queryRaw<{ serving: number | null; ownLast: number | null }[]>`
    SELECT coalesce((SELECT max(turn) FROM posts WHERE status = 'GENERATING'),
                    (SELECT min(turn) FROM posts WHERE status = 'PENDING')) AS "serving",
           (SELECT max(turn) FROM posts WHERE "ownerId" = ${ownerId}::uuid AND status = 'PENDING') AS "ownLast"`;
  return firstTurn({ serving: queue?.serving ?? undefined, ownLast: queue?.ownLast ?? undefined });
}

function hashOf(order: {
  campaignId: string;
  postCount: number;
  targetAudience?: string | null | undefined;
  maxCost?: number | null | undefined;
}): string {
  const { campaignId, postCount, targetAudience = null, maxCost = null } = order;
  return createHash('sha256')
    .update(JSON.stringify([campaignId, postCount, targetAudience, maxCost]))
    .digest('hex');
}
