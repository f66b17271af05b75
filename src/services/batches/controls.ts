import { remainingCount } from '../../domain/batches/progress.ts';
import { BatchStateError } from '../../domain/errors/errors.ts';
import { micros } from '../../domain/money/pricing.ts';
import type { PauseCode } from '../../domain/errors/provider-errors.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { Prisma, type Batch, type BatchPriority } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { BudgetRefusal } from '../../provider/ledger/ledger.ts';
import { createBatchChange, type NewEvent } from './change.ts';
import { maxCostSchema } from './start.ts';
import { ownedBy, type Owner } from '../../store/ownership.ts';
import { cancelInFlight, removeWaitingJobs, waitingJobs } from './reconciliation.ts';
import { parseInput } from '../../domain/validation.ts';

/**
 * What an owner does to a batch that is there. Each call may be repeated: a batch that already is where it
 * should be answers as it is. All throw NotFoundError for a batch that is not the viewer's.
 */
export type BatchControls = {
  /** Every post that is not final becomes CANCELLED; its calls under way are aborted. @throws BatchStateError */
  cancel(owner: Owner, batchId: string): Promise<Batch>;
  /** No new call starts; posts in flight, which are paid for, are finished. @throws BatchStateError */
  pause(viewer: Viewer, batchId: string): Promise<Batch>;
  /**
   * Goes on where it stopped.
   *
   * @param maxCost a new maximum in US dollars, where the old one was the reason.
   * @throws BatchStateError, InvalidInputError
   */
  resume(viewer: Viewer, batchId: string, maxCost?: number | null): Promise<Batch>;
  /** Runs every FAILED post again; what was paid for is kept. @throws BatchStateError */
  retryFailed(viewer: Viewer, batchId: string): Promise<Batch>;
  /** Deals the owner's turns anew, so that posts of a higher priority come first. */
  setPriority(viewer: Viewer, batchId: string, priority: BatchPriority): Promise<Batch>;
  /** Pauses a batch for a reason of its own; does nothing where it is not running. */
  pauseFor(batchId: string, reason: PauseCode): Promise<void>;
  /**
   * Called where a budget refused a post that was put back in the queue: pauses its batch. While posts are under way, which
   * may give back a part of what they set aside, it makes the waiting posts wait a little instead.
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

  async function pause(tx: Transaction, batch: Batch, reason: string): Promise<NewEvent | undefined> {
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
        await removeWaitingJobs(jobs, tx, batch);
        const kept = await cancelInFlight(jobs, tx, id);
        const { postCount, completedCount, failedCount, cancelledCount } = batch;
        const cancelled = postCount - completedCount - failedCount - cancelledCount - kept;
        // Where only posts that were made again were under way, the batch is what it was before: complete.
        const isComplete = cancelled === 0;
        await tx.batch.update({
          where: { id },
          data: {
            status: isComplete ? 'COMPLETED' : 'CANCELLED',
            pauseReason: null,
            cancelledCount: { increment: cancelled },
            completedCount: { increment: kept },
            finishedAt: new Date(),
            reconcileFrom: isComplete ? null : 1,
            ...(isComplete ? { retrying: false } : {}),
          },
        });
        return { type: isComplete ? 'BATCH_COMPLETED' : 'BATCH_CANCELLED' };
      }),

    pause: (viewer, id) => control(owned(viewer, id), (tx, batch) => pause(tx, batch, 'REQUESTED')),

    async pauseFor(id, reason) {
      await control({ id }, async (tx, batch) =>
        batch.status === 'RUNNING' ? pause(tx, batch, reason) : undefined,
      );
    },

    async awaitBudget(id, refusal) {
      const { pauseReason } = await control({ id }, async (tx, batch) => {
        if (batch.status !== 'RUNNING') return undefined;
        const isOfBatch = refusal.reason === 'BATCH_BUDGET_EXCEEDED';
        const whose = isOfBatch
          ? Prisma.sql`p."batchId" = ${id}::uuid`
          : Prisma.sql`p."ownerId" = ${batch.ownerId}::uuid`;
        if (await hasCallsUnderWay(tx, whose)) {
          const waitMs = Math.min(Math.max(remainingCount(batch), shortestWaitMs), longestWaitMs);
          await jobs.postponeAll(tx, 'posts', waitingJobs(id), waitMs);
          return undefined;
        }
        // Since the refusal calls may have ended, or its owner has raised the maximum.
        const committed = isOfBatch
          ? await committedBy(tx, id)
          : await committedInMonth(tx, batch.ownerId, refusal.at);
        const maximum = isOfBatch ? (batch.maxCostMicros ?? committed) : refusal.monthlyMicros;
        return committed + refusal.neededMicros > maximum ? pause(tx, batch, refusal.reason) : undefined;
      });
      return pauseReason === refusal.reason;
    },

    resume: (viewer, id, maxCost = null) => {
      const parsed = parseInput(maxCostSchema.nullable(), maxCost, 'maxCost');
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
        // The owner's turns are dealt anew when nothing else is left to reconcile.
        const reconcileFrom = batch.reconcileFrom ?? batch.postCount + 1;
        await tx.batch.update({ where: { id }, data: { priority, reconcileFrom } });
        return undefined;
      }),
  };
}

/** How long posts wait for a budget before it is asked again: a millisecond for each, so that the queue is not busy with it. */
const shortestWaitMs = 500;
const longestWaitMs = 5_000;

/** @returns what the calls of a batch have cost, or may cost, in millionths of a US dollar. */
async function committedBy(tx: Transaction, batchId: string): Promise<bigint> {
  const spend = await tx.batchSpend.findUnique({ where: { batchId } });
  return spend?.committedMicros ?? 0n;
}

/** @returns the same of all calls of an owner that were opened in the month (UTC) of a time. */
async function committedInMonth(tx: Transaction, ownerId: string, at: Date): Promise<bigint> {
  const month = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth()));
  const spend = await tx.monthlySpend.findUnique({ where: { ownerId_month: { ownerId, month } } });
  return spend?.committedMicros ?? 0n;
}

/** @returns whether posts are being made whose calls have set money aside. @param whose a condition on a post `p`. */
async function hasCallsUnderWay(tx: Transaction, whose: Prisma.Sql): Promise<boolean> {
  const calls = await tx.$queryRaw<object[]>`
    SELECT 1 FROM posts p JOIN provider_calls c ON c."subjectId" = p.id AND c.status IN ('INTENT', 'SENT')
    WHERE p.status = 'GENERATING' AND ${whose} LIMIT 1`;
  return calls.length > 0;
}
