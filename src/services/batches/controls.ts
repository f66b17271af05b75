import { remainingCount } from '../../domain/batches/progress.ts';
import { BatchStateError, NotFoundError } from '../../domain/errors/errors.ts';
import { micros } from '../../domain/money/pricing.ts';
import type { PauseCode, PauseReason } from '../../domain/errors/provider-errors.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { Prisma, type Batch, type BatchPriority } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { BudgetRefusal } from '../../provider/ledger/ledger.ts';
import { cancelUnfinished } from './cancellation.ts';
import { createBatchChange, type NewEvent } from './change.ts';
import { maxCostSchema } from './order.ts';
import { ownedBy, type Owner } from '../../store/ownership.ts';
import { removeWaitingJobs, waitingJobs } from '../runs/batch-jobs.ts';
import { parseInput } from '../../domain/validation.ts';

/**
 * What people and the engine do to a batch. Each call may be repeated: it returns the batch as it is if there is nothing
 * to change. All throw NotFoundError if the workspace has no such batch.
 */
export type BatchControls = {
  /** Cancels every post that is not final and aborts its calls. @throws BatchStateError */
  cancel(owner: Owner, batchId: string): Promise<Batch>;
  /** Starts no more posts. Those in flight are paid for and are finished. @throws BatchStateError */
  pause(viewer: Viewer, batchId: string): Promise<Batch>;
  /**
   * Resumes a paused batch.
   *
   * @param maxCost a new maximum in US dollars; null keeps the old one.
   * @throws BatchStateError, InvalidInputError
   */
  resume(viewer: Viewer, batchId: string, maxCost?: number | null): Promise<Batch>;
  /** Runs every FAILED post again. Parts that are paid for are reused. @throws BatchStateError */
  retryFailed(viewer: Viewer, batchId: string): Promise<Batch>;
  /** Sets the priority. The workspace's waiting posts are reordered by it. */
  setPriority(viewer: Viewer, batchId: string, priority: BatchPriority): Promise<Batch>;
  /** Pauses a running batch. Does nothing to any other. @param reason is told to people. */
  pauseFor(batchId: string, reason: PauseCode): Promise<void>;
  /**
   * Called after a budget refused a post of the batch. Pauses the batch, unless calls are in flight: they may return a part
   * of the money that they reserved, so waiting posts are delayed a little instead.
   *
   * @returns whether the batch was paused.
   */
  awaitBudget(batchId: string, refusal: BudgetRefusal): Promise<boolean>;
};

export function createBatchControls(deps: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
}): BatchControls {
  const { jobs } = deps;

  const control = createBatchChange(deps);
  const owned = (owner: Owner, id: string) => ({ id, ...ownedBy(owner) });

  async function pause(tx: Transaction, batch: Batch, reason: PauseReason): Promise<NewEvent | undefined> {
    if (batch.status === 'PAUSED') return undefined;
    if (batch.status !== 'RUNNING') throw new BatchStateError(batch.status, 'paused');
    await removeWaitingJobs(jobs, tx, batch);
    await tx.batch.update({ where: { id: batch.id }, data: { status: 'PAUSED', pauseReason: reason } });
    return { type: 'BATCH_PAUSED', reason };
  }

  return {
    cancel: (viewer, id) =>
      control(owned(viewer, id), async (tx, batch) => {
        if (batch.status === 'CANCELLED') return undefined;
        if (batch.status === 'COMPLETED') throw new BatchStateError(batch.status, 'cancelled');
        return cancelUnfinished(jobs, tx, batch);
      }),

    pause: (viewer, id) => control(owned(viewer, id), (tx, batch) => pause(tx, batch, 'REQUESTED')),

    async pauseFor(id, reason) {
      await unlessDeleted(
        control({ id }, async (tx, batch) =>
          batch.status === 'RUNNING' ? pause(tx, batch, reason) : undefined,
        ),
      );
    },

    async awaitBudget(id, refusal) {
      const awaited = control({ id }, async (tx, batch) => {
        if (batch.status !== 'RUNNING') return undefined;
        const isOfBatch = refusal.reason === 'BATCH_BUDGET_EXCEEDED';
        const whose = isOfBatch
          ? Prisma.sql`c."batchId" = ${id}::uuid`
          : Prisma.sql`c."ownerId" = ${batch.ownerId}::uuid`;
        if (await areCallsInFlight(tx, whose)) {
          const waitMs = Math.min(Math.max(remainingCount(batch), shortestWaitMs), longestWaitMs);
          await jobs.postponeAll(tx, waitingJobs(id), waitMs);
          return undefined;
        }
        // Since the refusal, calls may have ended, or the maximum may have been raised.
        const committed = isOfBatch
          ? await committedBy(tx, id)
          : await committedInMonth(tx, batch.ownerId, refusal.at);
        const maximum = isOfBatch ? (batch.maxCostMicros ?? committed) : refusal.monthlyMicros;
        return committed + refusal.neededMicros > maximum ? pause(tx, batch, refusal.reason) : undefined;
      });
      return (await unlessDeleted(awaited))?.pauseReason === refusal.reason;
    },

    resume: (viewer, id, maxCost = null) => {
      const parsed = parseInput(maxCostSchema.nullable(), maxCost, 'input.maxCost');
      return control(owned(viewer, id), async (tx, batch) => {
        if (batch.status === 'RUNNING' && parsed === null) return undefined;
        if (batch.status !== 'PAUSED' && batch.status !== 'RUNNING')
          throw new BatchStateError(batch.status, 'resumed');
        await tx.batch.update({
          where: { id },
          data: {
            status: 'RUNNING',
            pauseReason: null,
            ...(batch.status === 'RUNNING' ? {} : { reconcileFrom: 1 }),
            ...(parsed === null ? {} : { maxCostMicros: micros(parsed) }),
          },
        });
        return batch.status === 'RUNNING' ? undefined : { type: 'BATCH_RESUMED' };
      });
    },

    retryFailed: (viewer, id) =>
      control(owned(viewer, id), async (tx, batch) => {
        if (batch.status === 'CANCELLED') throw new BatchStateError(batch.status, 'retried');
        if (batch.failedCount === 0) return undefined;
        await tx.batch.update({
          where: { id },
          data: {
            failedCount: 0,
            retriesLeft: { increment: batch.failedCount },
            retrying: true,
            reconcileFrom: 1,
            finishedAt: null,
            status: batch.status === 'PAUSED' ? 'PAUSED' : 'RUNNING',
          },
        });
        return { type: 'POSTS_RETRIED', retriedCount: batch.failedCount };
      }),

    setPriority: (viewer, id, priority) =>
      control(owned(viewer, id), async (tx, batch) => {
        if (batch.priority === priority) return undefined;
        // Reordering starts when nothing else is left to reconcile (services/runs/reordering.ts).
        const reconcileFrom = batch.reconcileFrom ?? batch.postCount + 1;
        await tx.batch.update({ where: { id }, data: { priority, reconcileFrom } });
        return undefined;
      }),
  };
}

/** How long posts wait before the budget is checked again: 1 ms for each remaining post, within these bounds. */
const shortestWaitMs = 500;
const longestWaitMs = 5_000;

/** @returns what the batch's calls have cost or may still cost, in millionths of a US dollar. */
async function committedBy(tx: Transaction, batchId: string): Promise<bigint> {
  const spend = await tx.batchSpend.findUnique({ where: { batchId } });
  return spend?.committedMicros ?? 0n;
}

/** The same for all calls of a workspace in the calendar month (UTC) of `at`. */
async function committedInMonth(tx: Transaction, workspaceId: string, at: Date): Promise<bigint> {
  const month = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth()));
  const spend = await tx.monthlySpend.findUnique({
    where: { ownerId_month: { ownerId: workspaceId, month } },
  });
  return spend?.committedMicros ?? 0n;
}

/** @returns whether calls in flight have reserved money. @param whose a condition on a call `c`. */
async function areCallsInFlight(tx: Transaction, whose: Prisma.Sql): Promise<boolean> {
  const calls = await tx.$queryRaw<object[]>`
    SELECT 1 FROM provider_calls c WHERE c.status IN ('INTENT', 'SENT') AND ${whose} LIMIT 1`;
  return calls.length > 0;
}

/** The engine may still work for a batch that is being deleted. */
async function unlessDeleted(changed: Promise<Batch>): Promise<Batch | undefined> {
  try {
    return await changed;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
