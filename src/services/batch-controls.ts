import { BatchStateError } from '../domain/errors.ts';
import { micros } from '../domain/pricing.ts';
import type { Changes } from '../cache/changes.ts';
import type { Bus } from '../events/bus.ts';
import type { Database, Transaction } from '../store/database.ts';
import type { Batch, BatchPriority } from '../store/generated/prisma/client.ts';
import type { Jobs } from '../store/jobs.ts';
import type { Viewer } from './accounts.ts';
import { createBatchChange } from './batch-change.ts';
import { maxCostSchema } from './batch-start.ts';
import { ownedBy, type Owner } from './ownership.ts';
import { cancelInFlight, removeWaitingJobs } from './reconciliation.ts';
import { parseInput } from './validation.ts';

/** Why a batch pauses itself. */
export type PauseReason = 'BATCH_BUDGET_EXCEEDED' | 'MONTHLY_BUDGET_EXCEEDED' | 'QUOTA_EXHAUSTED';

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
  /**
   * Pauses a batch for a reason of its own; does nothing where it is not running, or its budget suffices by now.
   *
   * @param neededMicros what was refused, in millionths of a US dollar, where the batch's budget is the reason.
   */
  pauseFor(batchId: string, reason: PauseReason, neededMicros?: bigint): Promise<void>;
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

  async function pause(tx: Transaction, batch: Batch, reason: string): Promise<object | undefined> {
    if (batch.status === 'PAUSED') return undefined;
    if (batch.status !== 'RUNNING') throw new BatchStateError(batch.status, 'paused');
    await removeWaitingJobs(jobs, tx, batch.id);
    await tx.batch.update({ where: { id: batch.id }, data: { status: 'PAUSED', pauseReason: reason } });
    return { type: 'BATCH_PAUSED', reason };
  }

  return {
    cancel: (viewer, id) =>
      control(owned(viewer, id), async (tx, batch) => {
        if (batch.status === 'CANCELLED') return undefined;
        if (batch.status === 'COMPLETED') throw new BatchStateError(batch.status, 'cancelled');
        await removeWaitingJobs(jobs, tx, id);
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
          },
        });
        return { type: isComplete ? 'BATCH_COMPLETED' : 'BATCH_CANCELLED' };
      }),

    pause: (viewer, id) => control(owned(viewer, id), (tx, batch) => pause(tx, batch, 'REQUESTED')),

    async pauseFor(id, reason, neededMicros = 0n) {
      await control({ id }, async (tx, batch) => {
        if (batch.status !== 'RUNNING') return undefined;
        // Its owner may have raised the maximum since the call was refused.
        const left = (batch.maxCostMicros ?? 0n) - batch.committedMicros;
        if (reason === 'BATCH_BUDGET_EXCEEDED' && left >= neededMicros) return undefined;
        return pause(tx, batch, reason);
      });
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
