import { createHash, randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { IdempotencyConflictError, NotFoundError } from '../domain/errors.ts';
import { globalId } from '../domain/ids.ts';
import { firstTurn } from '../domain/fair-share.ts';
import { dollars } from '../domain/pricing.ts';
import type { StoredEvent } from '../domain/batch-events.ts';
import type { Bus } from '../events/bus.ts';
import { follow, type Followed } from '../events/follow.ts';
import type { EventLog } from '../events/log.ts';
import type { Database, Transaction } from '../store/database.ts';
import type { Batch, Campaign } from '../store/generated/prisma/client.ts';
import type { Jobs } from '../store/jobs.ts';
import type { Viewer } from './accounts.ts';
import { text } from './campaigns.ts';
import type { PostJob } from './posts.ts';
import { parseInput } from './validation.ts';

const maxPostsPerBatch = 10_000;

export type StartBatchInput = {
  /** Global id. */
  campaignId: string;
  postCount: number;
  targetAudience?: string | null | undefined;
  idempotencyKey?: string | null | undefined;
};

export type Batches = {
  /**
   * Writes batch, posts, jobs and the first event together, or nothing.
   *
   * @throws InvalidInputError, NotFoundError (campaign), IdempotencyConflictError
   */
  start(viewer: Viewer, input: StartBatchInput): Promise<Batch>;
  /** @returns null for an absent batch and for somebody else's alike. */
  find(viewer: Viewer, id: string): Promise<Batch | null>;
  /** US dollars paid for each of these batches so far, in their order. */
  costs(batchIds: readonly string[]): Promise<number[]>;
  /**
   * Every stored event behind `after`, once and in order, until the batch is final.
   *
   * @param after `seq` of the newest event that the reader has; 0 for none.
   * @returns undefined for a batch that is not the viewer's.
   */
  follow(viewer: Viewer, id: string, after: number, signal: AbortSignal): Promise<FollowedBatch | undefined>;
};

/** A batch as it is now, and everything behind the reader's cursor. */
export type FollowedBatch = { snapshot: Batch; updates: AsyncIterable<Followed> };

const startBatchSchema = z.object({
  campaignId: globalId('Campaign'),
  postCount: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(maxPostsPerBatch, `must be at most ${maxPostsPerBatch}`),
  targetAudience: text(500).nullish(),
  idempotencyKey: text(200).nullish(),
});

export function createBatches(deps: { database: Database; jobs: Jobs; bus: Bus; log: EventLog }): Batches {
  const { database, jobs, bus, log } = deps;
  const { prisma } = database;
  const find = (viewer: Viewer, id: string) =>
    prisma.batch.findUnique({ where: { id, ownerId: viewer.userId } });

  return {
    async start(viewer, input) {
      const { idempotencyKey, ...order } = parseInput(startBatchSchema, input);
      const batchId = randomUUIDv7();
      const started = await database.transaction(async (tx) => {
        const campaign = await tx.campaign.findUnique({
          where: { id: order.campaignId, ownerId: viewer.userId },
        });
        if (campaign === null) throw new NotFoundError('campaign', 'input.campaignId');
        if (idempotencyKey != null) {
          const earlier = await claimKey(tx, viewer, idempotencyKey, hashOf(order), batchId);
          if (earlier !== undefined)
            return { batch: await tx.batch.findUniqueOrThrow({ where: { id: earlier } }) };
        }
        // Ids of one millisecond come in no order; sorted, the newest-first lists show a batch from its last post.
        const postIds = Array.from({ length: order.postCount }, () => randomUUIDv7()).toSorted();
        const { turn, event } = await writeBatch(
          tx,
          campaign,
          batchId,
          postIds,
          order.targetAudience ?? null,
        );
        await jobs.enqueue(
          tx,
          'posts',
          postIds.map((postId, index) => ({ data: { postId } satisfies PostJob, priority: -(turn + index) })),
        );
        return { batch: await tx.batch.findUniqueOrThrow({ where: { id: batchId } }), event };
      });
      if (started.event !== undefined) {
        const { createdAt } = started.batch;
        bus.publish(batchId, { kind: 'event', entry: { batchId, seq: 1, createdAt, event: started.event } });
      }
      return started.batch;
    },

    find,

    async costs(batchIds) {
      const sums = await prisma.providerCall.groupBy({
        by: 'batchId',
        where: { batchId: { in: [...batchIds] } },
        _sum: { costMicros: true },
      });
      const byBatch = new Map(sums.map((sum) => [sum.batchId, dollars(sum._sum.costMicros ?? 0n)]));
      return batchIds.map((id) => byBatch.get(id) ?? 0);
    },

    async follow(viewer, id, after, signal) {
      const snapshot = await find(viewer, id);
      if (snapshot === null) return undefined;
      const isOver = snapshot.finishedAt !== null && after >= snapshot.lastSeq;
      return { snapshot, updates: isOver ? nothing() : follow({ bus, log }, id, after, signal) };
    },
  };
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
    where: { ownerId_key: { ownerId: viewer.userId, key } },
  });
  if (known.inputHash !== inputHash) throw new IdempotencyConflictError();
  return known.batchId;
}

/** Batch, posts and first event in one statement, whatever the number of posts. */
async function writeBatch(
  tx: Transaction,
  campaign: Campaign,
  batchId: string,
  postIds: string[],
  targetAudience: string | null,
): Promise<{ turn: number; event: StoredEvent }> {
  const [queue] = await tx.$queryRaw<{ serving: number | null; ownLast: number | null }[]>`
    SELECT coalesce((SELECT max(turn) FROM posts WHERE status = 'GENERATING'),
                    (SELECT min(turn) FROM posts WHERE status = 'PENDING')) AS "serving",
           (SELECT max(turn) FROM posts WHERE "ownerId" = ${campaign.ownerId}::uuid AND status = 'PENDING') AS "ownLast"`;
  const turn = firstTurn({ serving: queue?.serving ?? undefined, ownLast: queue?.ownLast ?? undefined });
  const counts = { postCount: postIds.length, completedCount: 0, failedCount: 0 };
  await tx.$executeRaw`
    WITH batch AS (
      INSERT INTO batches (id, "ownerId", "campaignId", "targetAudience", "postCount", "lastSeq", "createdAt")
      VALUES (${batchId}::uuid, ${campaign.ownerId}::uuid, ${campaign.id}::uuid, ${targetAudience},
              ${postIds.length}::int, 1, now())
    ), event AS (
      INSERT INTO events ("batchId", seq, type, payload, "createdAt")
      VALUES (${batchId}::uuid, 1, 'BATCH_STARTED', ${JSON.stringify(counts)}::jsonb, now())
    )
    INSERT INTO posts (id, "ownerId", "campaignId", "batchId", position, "targetAudience", turn, "createdAt")
    SELECT id, ${campaign.ownerId}::uuid, ${campaign.id}::uuid, ${batchId}::uuid, place,
           ${targetAudience ?? campaign.targetAudience}, ${turn}::int + place - 1, now()
    FROM unnest(${postIds}::uuid[]) WITH ORDINALITY AS new(id, place)`;
  return { turn, event: { type: 'BATCH_STARTED', ...counts } };
}

function hashOf(order: {
  campaignId: string;
  postCount: number;
  targetAudience?: string | null | undefined;
}): string {
  const canonical = JSON.stringify([order.campaignId, order.postCount, order.targetAudience ?? null]);
  return createHash('sha256').update(canonical).digest('hex');
}

async function* nothing(): AsyncGenerator<never, void, undefined> {}
