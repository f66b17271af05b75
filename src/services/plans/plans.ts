import type { Changes } from '../../cache/changes.ts';
import type { PartialItem, PlannedItem } from '../../domain/plans/item.ts';
import { LeaseLostError } from '../../domain/runs/work.ts';
import type { Bus } from '../../events/bus.ts';
import { announce } from '../../events/topics.ts';
import type { Database } from '../../store/database.ts';
import { groupWrites } from '../../store/grouped-writes.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { keepTrying } from '../../store/keep-trying.ts';
import { appendBatchEvents } from '../batches/change.ts';
import { lockQueuePositions } from '../runs/positions.ts';
import { writeItems } from './items.ts';
import type { PlanWork } from './runs.ts';

/** An item as far as it is planned. */
export type ItemState = PartialItem & { position: number; isPlanned: boolean };

/** What the planner reads and writes while it runs. */
export type Plans = {
  /** @returns the items of a batch, by position. */
  items(batchId: string): Promise<ItemState[]>;
  /**
   * Writes an item, its event, and the runs of its posts. Items that come while others are being written share the next transaction.
   *
   * @throws LeaseLostError
   */
  write(work: PlanWork, item: PlannedItem): Promise<void>;
};

/** Items that one transaction writes. */
const maxGroupSize = 50;

export function createPlans(deps: { database: Database; jobs: Jobs; bus: Bus; changes: Changes }): Plans {
  const { database, jobs, bus, changes } = deps;

  async function writeAll({ batchId, ownerId, runId, leaseId }: PlanWork, items: readonly PlannedItem[]) {
    const entries = await keepTrying(() =>
      database.transaction(async (tx) => {
        await tx.$queryRaw`SELECT 1 FROM batches WHERE id = ${batchId}::uuid FOR NO KEY UPDATE`;
        await lockQueuePositions(tx, ownerId);
        const held = await tx.$queryRaw<unknown[]>`
          SELECT 1 FROM runs WHERE id = ${runId}::uuid AND "leaseId" = ${leaseId}::uuid AND state = 'RUNNING' FOR SHARE`;
        if (held.length === 0) throw new LeaseLostError();
        const events = await writeItems(jobs, tx, batchId, items);
        return appendBatchEvents(
          tx,
          events.map((event) => ({ batchId, event })),
        );
      }),
    );
    changes.workspace(ownerId);
    announce(bus, entries);
  }

  const write = groupWrites<{ work: PlanWork; item: PlannedItem }, true>(
    async (group) => {
      const [first] = group;
      if (first !== undefined)
        await writeAll(
          first.work,
          group.map(({ item }) => item),
        );
      return group.map(() => true);
    },
    maxGroupSize,
    ({ work }) => work.leaseId,
  );

  return {
    items: (batchId) => database.prisma.$queryRaw<ItemState[]>`
      SELECT position, angle, hook, "keyMessage", scene, audience, "plannedAt" IS NOT NULL AS "isPlanned"
      FROM plan_items WHERE "batchId" = ${batchId}::uuid ORDER BY position`,
    async write(work, item) {
      await write({ work, item });
    },
  };
}
