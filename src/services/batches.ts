import { InvalidInputError } from '../domain/errors.ts';
import { dollars } from '../domain/pricing.ts';
import type { Bus } from '../events/bus.ts';
import { follow, type Followed } from '../events/follow.ts';
import type { EventLog } from '../events/log.ts';
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

export function createBatches(deps: { database: Database; jobs: Jobs; bus: Bus; log: EventLog }): Batches {
  const { database, bus, log } = deps;
  const { prisma } = database;
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
    async follow(viewer, id, after, signal) {
      const snapshot = await find(viewer, id);
      if (snapshot === null) return undefined;
      if (after > snapshot.lastSeq) {
        throw new InvalidInputError([{ path: 'after', message: 'is not a cursor of this batch' }]);
      }
      const isOver = snapshot.finishedAt !== null && after >= snapshot.lastSeq;
      return { snapshot, updates: isOver ? nothing() : follow({ bus, log }, id, after, signal) };
    },
  };
}

async function* nothing(): AsyncGenerator<never, void, undefined> {}
