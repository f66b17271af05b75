import { z } from 'zod';
import {
  BatchStateError,
  InvalidInputError,
  NotFoundError,
  VersionConflictError,
} from '../../domain/errors/errors.ts';
import { globalId } from '../../domain/ids.ts';
import { givenParts, isComplete, itemParts, type PartialItem } from '../../domain/plans/item.ts';
import { parseInput, text } from '../../domain/validation.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { Prisma, type Batch, type PlanItem } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { ownedBy } from '../../store/ownership.ts';
import { createBatchChange, type NewEvent } from '../batches/change.ts';
import { maxPostsPerBatch } from '../batches/order.ts';
import { windowSize } from '../batches/reconciliation.ts';
import { checkUnwritten } from '../batches/unwritten.ts';
import { addPlanRun } from './runs.ts';

/** Parts of an item. Those that are null or absent stay as they are. */
type Parts = { [Part in keyof PartialItem]?: string | null | undefined };

/**
 * What people do to the plan of a batch that waits for them (`PLANNED`). Each tells those who follow the batch. All ids of inputs
 * are global. All throw InvalidInputError, NotFoundError, and BatchStateError for a batch with another status.
 */
export type PlanEdits = {
  /** Writes parts of an item. @throws VersionConflictError if it has changed since. */
  edit(viewer: Viewer, input: Parts & { itemId: string; expectedVersion: number }): Promise<PlanItem>;
  /** Adds an item at the end. */
  add(viewer: Viewer, input: Parts & { batchId: string }): Promise<PlanItem>;
  /** Removes an item; those behind it move up. A batch keeps its last one. @returns the id of the item's row, and the batch. */
  remove(viewer: Viewer, input: { itemId: string }): Promise<{ itemId: string; batch: Batch }>;
  /**
   * Clears items, and has them planned anew. Those that are not planned yet keep the parts that people gave.
   *
   * @param input.itemIds by default all items that are not planned yet, and those of which no person wrote a part.
   * @param input.instruction what should be different.
   */
  replan(
    viewer: Viewer,
    input: {
      batchId: string;
      itemIds?: readonly string[] | null | undefined;
      instruction?: string | null | undefined;
    },
  ): Promise<Batch>;
  /** Lets the posts be written. Refuses a plan with items of which a part is missing. @throws OrderLimitError */
  approve(viewer: Viewer, batchId: string): Promise<Batch>;
};

const editSchema = z
  .object({
    itemId: globalId('PlanItem'),
    expectedVersion: z.int().min(1, 'must be at least 1'),
    ...givenParts,
  })
  .refine((input) => itemParts.some((part) => input[part] != null), 'must change something');
const addSchema = z.object({ batchId: globalId('Batch'), ...givenParts });
const removeSchema = z.object({ itemId: globalId('PlanItem') });
const replanSchema = z.object({
  batchId: globalId('Batch'),
  itemIds: z
    .array(globalId('PlanItem'))
    .min(1, 'must name an item')
    .max(maxPostsPerBatch, `must be at most ${maxPostsPerBatch}`)
    .nullish(),
  instruction: text(1_000).nullish(),
});

export function createPlanEdits(deps: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
}): PlanEdits {
  const { jobs } = deps;
  const { prisma } = deps.database;
  const changeBatch = createBatchChange(deps);

  /** Changes a batch whose plan waits for people. @param action what its status may not allow, as in “cannot be edited”. */
  function changePlan(
    viewer: Viewer,
    batchId: string,
    action: string,
    change: (tx: Transaction, batch: Batch) => Promise<NewEvent>,
  ): Promise<Batch> {
    return changeBatch({ id: batchId, ...ownedBy(viewer) }, async (tx, batch) => {
      if (batch.status !== 'PLANNED') throw new BatchStateError(batch.status, action);
      return change(tx, batch);
    });
  }

  /** Changes an item. @param change is given the item as it is while its batch is locked. */
  async function changeItem(
    viewer: Viewer,
    itemId: string,
    change: (tx: Transaction, batch: Batch, item: PlanItem) => Promise<void>,
  ): Promise<Batch> {
    const where = { id: itemId, ...ownedBy(viewer), batch: { deletedAt: null } };
    const found = await prisma.planItem.findUnique({ where, select: { batchId: true } });
    if (found === null) throw new NotFoundError('plan item', 'input.itemId');
    return changePlan(viewer, found.batchId, 'edited', async (tx, batch) => {
      const item = await tx.planItem.findUnique({ where: { id: itemId } });
      if (item === null) throw new NotFoundError('plan item', 'input.itemId');
      await change(tx, batch, item);
      return toldOf(item);
    });
  }

  return {
    async edit(viewer, input) {
      const { itemId, expectedVersion, ...given } = parseInput(editSchema, input);
      const edited: PlanItem[] = [];
      await changeItem(viewer, itemId, async (tx, _batch, item) => {
        if (item.version !== expectedVersion) throw new VersionConflictError(item.version, 'plan item');
        const written = partsOf(given, item);
        const plannedAt = item.plannedAt ?? (isComplete(written) ? new Date() : null);
        const data = { ...written, plannedAt, author: 'PERSON' as const, version: { increment: 1 } };
        edited.push(await tx.planItem.update({ where: { id: itemId }, data }));
      });
      return lastOf(edited);
    },

    async add(viewer, input) {
      const { batchId, ...given } = parseInput(addSchema, input);
      const added: PlanItem[] = [];
      await changePlan(viewer, batchId, 'edited', async (tx, batch) => {
        const { ownerId, campaignId, itemCount, postCount } = batch;
        const postsOfItem = postCount / itemCount;
        if (postCount + postsOfItem > maxPostsPerBatch) {
          const message = `is full: a batch has at most ${maxPostsPerBatch} posts`;
          throw new InvalidInputError([{ path: 'input.batchId', message }]);
        }
        const written = partsOf(given);
        const isGiven = itemParts.some((part) => written[part] !== null);
        const item = await tx.planItem.create({
          data: {
            ownerId,
            campaignId,
            batchId,
            position: itemCount + 1,
            ...written,
            author: isGiven ? 'PERSON' : null,
            plannedAt: isComplete(written) ? new Date() : null,
          },
        });
        added.push(item);
        await countItems(tx, batch, 1);
        return toldOf(item);
      });
      return lastOf(added);
    },

    async remove(viewer, input) {
      const { itemId } = parseInput(removeSchema, input);
      const batch = await changeItem(viewer, itemId, async (tx, before, { position }) => {
        if (before.itemCount === 1) {
          const message = 'is the only item of its batch: delete the batch instead';
          throw new InvalidInputError([{ path: 'input.itemId', message }]);
        }
        await tx.planItem.delete({ where: { id: itemId } });
        // Past zero, because positions are unique at each moment.
        await tx.$executeRaw`
          UPDATE plan_items SET position = 1 - position WHERE "batchId" = ${before.id}::uuid AND position > ${position}::int`;
        await tx.$executeRaw`
          UPDATE plan_items SET position = -position WHERE "batchId" = ${before.id}::uuid AND position < 0`;
        await countItems(tx, before, -1);
      });
      return { itemId, batch };
    },

    replan(viewer, input) {
      const { batchId, itemIds, instruction } = parseInput(replanSchema, input);
      return changePlan(viewer, batchId, 'planned again', async (tx, batch) => {
        await clearItems(tx, batchId, itemIds ?? undefined);
        const { planRound: round } = await tx.batch.update({
          where: { id: batchId },
          data: { status: 'RUNNING', planRound: { increment: 1 } },
        });
        await addPlanRun(jobs, tx, batch, { round, instruction: instruction ?? null });
        return { type: 'BATCH_RESUMED' };
      });
    },

    approve: (viewer, batchId) =>
      changePlan(viewer, batchId, 'approved', async (tx, { postCount }) => {
        await requirePlanned(tx, batchId);
        if (postCount > windowSize) await checkUnwritten(tx, viewer, postCount);
        await tx.batch.update({
          where: { id: batchId },
          data: { status: 'RUNNING', needsApproval: false, reconcileFrom: 1 },
        });
        return { type: 'BATCH_RESUMED' };
      }),
  };
}

/** @returns the item as its transaction wrote it: somebody may have removed it since. */
function lastOf(written: readonly PlanItem[]): PlanItem {
  const item = written.at(-1);
  if (item === undefined) throw new Error('no item was written');
  return item;
}

function toldOf({ id: itemId, position }: PlanItem): NewEvent {
  return { type: 'PLAN_ITEM', itemId, position };
}

/** @returns all parts: those that are given, else those of the item. */
function partsOf(given: Parts, item?: PartialItem): PartialItem {
  const part = (name: keyof PartialItem) => given[name] ?? item?.[name] ?? null;
  return {
    angle: part('angle'),
    hook: part('hook'),
    keyMessage: part('keyMessage'),
    scene: part('scene'),
    audience: part('audience'),
  };
}

/** Counts items in or out of a batch, each with its posts. None of them is written. */
async function countItems(
  tx: Transaction,
  { id, itemCount, postCount }: Batch,
  items: 1 | -1,
): Promise<void> {
  const data = { itemCount: { increment: items }, postCount: { increment: (items * postCount) / itemCount } };
  await tx.batch.update({ where: { id }, data });
}

/**
 * Clears items that are named, else those of the model. Those that are not planned yet keep the parts that they have.
 *
 * @param ids of the rows; undefined: all that are not planned yet, and those of which no person wrote a part.
 * @throws NotFoundError, InvalidInputError
 */
async function clearItems(tx: Transaction, batchId: string, ids: readonly string[] | undefined) {
  const columns = [...itemParts, 'author'];
  const kept = columns.map((name) => `"${name}" = CASE WHEN "plannedAt" IS NULL THEN "${name}" END`);
  const cleared = await tx.$queryRaw<{ id: string }[]>`
    UPDATE plan_items SET ${Prisma.raw(kept.join())}, "plannedAt" = NULL, version = version + 1
    WHERE "batchId" = ${batchId}::uuid AND CASE
      WHEN ${ids === undefined} THEN "plannedAt" IS NULL OR author = 'MODEL' ELSE id = ANY(${ids ?? []}::uuid[]) END
    RETURNING id`;
  const known = new Set(cleared.map(({ id }) => id));
  const absent = ids?.findIndex((id) => !known.has(id)) ?? -1;
  if (absent !== -1) throw new NotFoundError('plan item', `input.itemIds.${absent}`);
  if (known.size > 0) return;
  const message = 'must name items: a person wrote a part of each';
  throw new InvalidInputError([{ path: 'input.itemIds', message }]);
}

/** How many items a refusal names: with the count of the others, as many faults as an error has. */
const namedItems = 19;

/** @throws InvalidInputError that names the first items with a missing part, and counts the others. */
async function requirePlanned(tx: Transaction, batchId: string): Promise<void> {
  const where = { batchId, plannedAt: null };
  const named = await tx.planItem.findMany({ where, orderBy: { position: 'asc' }, take: namedItems });
  if (named.length === 0) return;
  const messages = named.map((item) => {
    const missing = itemParts.filter((part) => item[part] === null).join(', ');
    return `item ${item.position} has no ${missing}`;
  });
  const others = (await tx.planItem.count({ where })) - named.length;
  if (others > 0) messages.push(`and ${others} more items are not planned`);
  throw new InvalidInputError(messages.map((message) => ({ path: 'input.batchId', message })));
}
