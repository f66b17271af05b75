import { randomUUIDv7 } from 'node:crypto';
import { CampaignStateError, IdempotencyConflictError, NotFoundError } from '../../domain/errors/errors.ts';
import { micros } from '../../domain/money/pricing.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import type { LoggedEvent } from '../../events/entries.ts';
import { announce } from '../../events/topics.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Batch, Campaign } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { appendBatchEvents, type NewEvent } from './change.ts';
import { ownedBy, ownedRows } from '../../store/ownership.ts';
import { reconcileWindow, wakeReconciliation, windowSize } from './reconciliation.ts';
import { checkUnwritten } from './unwritten.ts';
import { parseInput } from '../../domain/validation.ts';
import { insertEmptyItems, insertItems } from '../plans/items.ts';
import { addPlanRun } from '../plans/runs.ts';
import { hashOf, startBatchSchema, type Order, type StartBatchInput } from './order.ts';

/**
 * Writes a batch and its first event, in one transaction with the posts and jobs of a small order. Those of a large order
 * follow in parts (reconciliation.ts). The same idempotency key returns the same batch.
 *
 * @throws InvalidInputError, NotFoundError (campaign), CampaignStateError, IdempotencyConflictError, OrderLimitError
 */
export async function startBatch(
  deps: { database: Database; jobs: Jobs; bus: Bus; changes: Changes; plansBatches: boolean },
  viewer: Viewer,
  input: StartBatchInput,
): Promise<Batch> {
  const { idempotencyKey, ...order } = parseInput(startBatchSchema, input);
  const batchId = randomUUIDv7();
  const started = await deps.database.transaction(
    async (tx): Promise<{ batch: Batch; entries: LoggedEvent[] }> => {
      // Locked, so that it is neither archived nor deleted until the batch is written.
      const [campaign] = await tx.$queryRaw<Campaign[]>`
      SELECT * FROM campaigns c
      WHERE id = ${order.campaignId}::uuid AND ${ownedRows(viewer, 'c')} AND "deletedAt" IS NULL FOR SHARE`;
      if (campaign === undefined) throw new NotFoundError('campaign', 'input.campaignId');
      if (idempotencyKey != null) {
        const earlier = await claimKey(tx, viewer, idempotencyKey, hashOf(order), batchId);
        if (earlier !== undefined)
          return { batch: await tx.batch.findUniqueOrThrow({ where: { id: earlier } }), entries: [] };
      }
      if (campaign.status === 'ARCHIVED') {
        throw new CampaignStateError('An archived campaign takes no new batch. Restore it first.');
      }
      const isLarge = order.postCount > windowSize;
      if (isLarge) await checkUnwritten(tx, viewer, order.postCount);
      const hasPlan = deps.plansBatches || order.rows != null || order.review;
      const created = await tx.batch.create({
        data: {
          id: batchId,
          ownerId: campaign.ownerId,
          campaignId: campaign.id,
          channel: campaign.channel,
          targetAudience: order.targetAudience ?? null,
          postCount: order.postCount,
          itemCount: hasPlan ? order.itemCount : 0,
          channels: order.channels,
          languages: order.languages,
          needsApproval: order.review,
          imageCandidates: order.imageCandidates,
          priority: order.priority ?? 'NORMAL',
          maxCostMicros: order.maxCost == null ? null : micros(order.maxCost),
          reconcileFrom: order.review ? null : 1,
        },
      });
      const isPlanned = hasPlan && (await orderPlan(deps.jobs, tx, created, order));
      let batch = isLarge ? created : await reconcileWindow(deps.jobs, tx, created);
      if (isPlanned && order.review)
        batch = await tx.batch.update({ where: { id: batchId }, data: { status: 'PLANNED' } });
      const events: NewEvent[] = [
        { type: 'BATCH_STARTED' },
        ...(isPlanned ? [{ type: 'BATCH_PLANNED' as const, plannedCount: order.itemCount }] : []),
      ];
      // Last, because it locks the workspace's event stream, which all its batches write to.
      const entries = await appendBatchEvents(
        tx,
        events.map((event) => ({ batchId, event })),
      );
      return { batch: { ...batch, lastSeq: entries.length }, entries };
    },
  );
  if (started.entries.length > 0) {
    deps.changes.started(started.batch);
    announce(deps.bus, started.entries);
    wakeReconciliation(deps.bus, started.batch);
  }
  return started.batch;
}

/** Writes the items of a new batch, and the run that plans what is not given of them. @returns whether nothing is left to plan. */
async function orderPlan(jobs: Jobs, tx: Transaction, batch: Batch, order: Order): Promise<boolean> {
  let unplanned = order.itemCount;
  if (order.rows == null) await insertEmptyItems(tx, batch, order.itemCount);
  else unplanned = await insertItems(tx, batch, order.rows);
  // Before the posts: those whose item is not planned wait for it.
  if (unplanned > 0) await addPlanRun(jobs, tx, batch, { round: 0, instruction: null });
  return unplanned === 0;
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
