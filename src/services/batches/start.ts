import { createHash, randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import {
  CampaignStateError,
  IdempotencyConflictError,
  NotFoundError,
  OrderLimitError,
} from '../../domain/errors/errors.ts';
import { globalId } from '../../domain/ids.ts';
import { micros } from '../../domain/money/pricing.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import type { LoggedEvent } from '../../events/entries.ts';
import { announce } from '../../events/topics.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Batch, BatchPriority, Campaign } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { appendEvent } from './change.ts';
import { ownedBy, ownedRows, type Owner } from '../../store/ownership.ts';
import { reconcileWindow, wakeReconciliation, windowSize } from './reconciliation.ts';
import { lockQueuePositions } from '../runs/positions.ts';
import { parseInput, text } from '../../domain/validation.ts';

const maxPostsPerBatch = 10_000;

/** How many ordered posts of a workspace may wait for their rows: ten of the largest orders. */
const maxUnwrittenPosts = 10 * maxPostsPerBatch;

export type StartBatchInput = {
  /** Global id. */
  campaignId: string;
  postCount: number;
  targetAudience?: string | null | undefined;
  /** US dollars. */
  maxCost?: number | null | undefined;
  /** NORMAL by default. */
  priority?: BatchPriority | null | undefined;
  idempotencyKey?: string | null | undefined;
};

export const orderSchema = z.object({
  campaignId: globalId('Campaign'),
  postCount: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(maxPostsPerBatch, `must be at most ${maxPostsPerBatch}`),
});

/** US dollars. The upper bound catches mistakes. */
export const maxCostSchema = z.number().positive('must be above 0').max(1_000_000, 'must be at most 1000000');

const startBatchSchema = orderSchema.extend({
  targetAudience: text(500).nullish(),
  maxCost: maxCostSchema.nullish(),
  priority: z.enum(['LOW', 'NORMAL', 'HIGH']).nullish(),
  idempotencyKey: text(200).nullish(),
});

/**
 * Writes a batch and its first event, in one transaction with the posts and jobs of a small order. Those of a large order
 * follow in parts (reconciliation.ts). The same idempotency key returns the same batch.
 *
 * @throws InvalidInputError, NotFoundError (campaign), CampaignStateError, IdempotencyConflictError, OrderLimitError
 */
export async function startBatch(
  deps: { database: Database; jobs: Jobs; bus: Bus; changes: Changes },
  viewer: Viewer,
  input: StartBatchInput,
): Promise<Batch> {
  const { idempotencyKey, ...order } = parseInput(startBatchSchema, input);
  const batchId = randomUUIDv7();
  const started = await deps.database.transaction(
    async (tx): Promise<{ batch: Batch; entry?: LoggedEvent }> => {
      // Locked, so that it is neither archived nor deleted until the batch is written.
      const [campaign] = await tx.$queryRaw<Campaign[]>`
      SELECT * FROM campaigns c
      WHERE id = ${order.campaignId}::uuid AND ${ownedRows(viewer, 'c')} AND "deletedAt" IS NULL FOR SHARE`;
      if (campaign === undefined) throw new NotFoundError('campaign', 'input.campaignId');
      if (idempotencyKey != null) {
        const earlier = await claimKey(tx, viewer, idempotencyKey, hashOf(order), batchId);
        if (earlier !== undefined)
          return { batch: await tx.batch.findUniqueOrThrow({ where: { id: earlier } }) };
      }
      if (campaign.status === 'ARCHIVED') {
        throw new CampaignStateError('An archived campaign takes no new batch. Restore it first.');
      }
      const isLarge = order.postCount > windowSize;
      if (isLarge) await checkUnwritten(tx, viewer, order.postCount);
      const created = await tx.batch.create({
        data: {
          id: batchId,
          ownerId: campaign.ownerId,
          campaignId: campaign.id,
          channel: campaign.channel,
          targetAudience: order.targetAudience ?? null,
          postCount: order.postCount,
          priority: order.priority ?? 'NORMAL',
          maxCostMicros: order.maxCost == null ? null : micros(order.maxCost),
          reconcileFrom: 1,
        },
      });
      const batch = isLarge ? created : await reconcileWindow(deps.jobs, tx, created);
      // Last, because it locks the workspace's event stream, which all its batches write to.
      return appendEvent(tx, batch, { type: 'BATCH_STARTED' });
    },
  );
  if (started.entry !== undefined) {
    deps.changes.started(started.batch);
    announce(deps.bus, [started.entry]);
    wakeReconciliation(deps.bus, started.batch);
  }
  return started.batch;
}

/**
 * Limits the rows that large orders have still to write. The lock makes concurrent orders of a workspace wait for each other.
 *
 * @throws OrderLimitError if too many posts of earlier orders are not written yet.
 */
async function checkUnwritten(tx: Transaction, owner: Owner, postCount: number): Promise<void> {
  await lockQueuePositions(tx, owner.workspaceId);
  const [earlier] = await tx.$queryRaw<{ unwritten: number }[]>`
    SELECT coalesce(sum(b."postCount" - coalesce((
      SELECT position FROM posts p WHERE p."batchId" = b.id ORDER BY position DESC LIMIT 1), 0)), 0)::int AS unwritten
    FROM batches b WHERE ${ownedRows(owner, 'b')} AND b."reconcileFrom" IS NOT NULL`;
  if ((earlier?.unwritten ?? 0) + postCount > maxUnwrittenPosts) throw new OrderLimitError(maxUnwrittenPosts);
}

/**
 * Takes an idempotency key for a new batch. A second transaction with the same key waits here for the first.
 *
 * @returns the id of the batch that has the key; undefined if the key was free or older than 24 h.
 * @throws IdempotencyConflictError if the key was used with another input.
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
    VALUES (${viewer.workspaceId}::uuid, ${key}, ${inputHash}, ${batchId}::uuid)
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

/** The hash of a NORMAL order is that of the release before this one, which has no priority. */
function hashOf(order: Omit<StartBatchInput, 'idempotencyKey'>): string {
  const { campaignId, postCount, targetAudience = null, maxCost = null, priority } = order;
  const others = priority == null || priority === 'NORMAL' ? [] : [priority];
  return createHash('sha256')
    .update(JSON.stringify([campaignId, postCount, targetAudience, maxCost, ...others]))
    .digest('hex');
}
