import { dollars } from '../domain/pricing.ts';
import type { Bus } from '../events/bus.ts';
import type { Database } from '../store/database.ts';
import type { Batch } from '../store/generated/prisma/client.ts';
import type { Jobs } from '../store/jobs.ts';
import type { Viewer } from './accounts.ts';
import { createBatchControls, type BatchControls } from './batch-controls.ts';
import { ownedBy } from './ownership.ts';
import { startBatch, type StartBatchInput } from './batch-start.ts';

export type Batches = BatchControls & {
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
};

export function createBatches(deps: { database: Database; jobs: Jobs; bus: Bus }): Batches {
  const { prisma } = deps.database;
  const find = (viewer: Viewer, id: string) => prisma.batch.findUnique({ where: { id, ...ownedBy(viewer) } });

  return {
    ...createBatchControls(deps),
    start: (viewer, input) => startBatch(deps, viewer, input),
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
  };
}
