import { randomUUIDv7 } from 'node:crypto';
import { isComplete, itemParts, type PartialItem, type PlannedItem } from '../../domain/plans/item.ts';
import type { Transaction } from '../../store/database.ts';
import { Prisma, type Batch } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { NewEvent } from '../batches/change.ts';
import { addReadyPosts } from '../posts/release.ts';

/**
 * Writes the items of a new batch that its rows give, in one statement. A person wrote those of which a part is given.
 *
 * @returns how many are left to plan.
 */
export async function insertItems(
  tx: Transaction,
  { id: batchId, ownerId, campaignId }: Pick<Batch, 'id' | 'ownerId' | 'campaignId'>,
  items: readonly PartialItem[],
): Promise<number> {
  const ids = items.map(() => randomUUIDv7()).toSorted();
  const rows = items.map((item, index) => ({
    ...item,
    id: ids[index],
    isGiven: itemParts.some((part) => item[part] !== null),
    isWhole: isComplete(item),
  }));
  await tx.$executeRaw`
    INSERT INTO plan_items (id, "ownerId", "campaignId", "batchId", position, angle, hook, "keyMessage", scene, audience, author, "plannedAt")
    SELECT r.id, ${ownerId}::uuid, ${campaignId}::uuid, ${batchId}::uuid, r.position, r.angle, r.hook, r."keyMessage", r.scene, r.audience,
           CASE WHEN r."isGiven" THEN 'PERSON'::"RevisionAuthor" END, CASE WHEN r."isWhole" THEN now() END
    FROM ROWS FROM (jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS (
      id uuid, angle text, hook text, "keyMessage" text, scene text, audience text, "isGiven" boolean, "isWhole" boolean))
      WITH ORDINALITY AS r(id, angle, hook, "keyMessage", scene, audience, "isGiven", "isWhole", position)`;
  return rows.filter(({ isWhole }) => !isWhole).length;
}

/** Writes the items of a new batch of which nothing is given. */
export async function insertEmptyItems(
  tx: Transaction,
  { id: batchId, ownerId, campaignId }: Pick<Batch, 'id' | 'ownerId' | 'campaignId'>,
  itemCount: number,
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO plan_items (id, "ownerId", "campaignId", "batchId", position)
    SELECT gen_random_uuid(), ${ownerId}::uuid, ${campaignId}::uuid, ${batchId}::uuid, position
    FROM generate_series(1, ${itemCount}::int) AS position`;
}

/**
 * Writes what the planner has made of items that are not planned yet, keeps the parts that people gave, and adds the runs of their
 * first posts. The batch and the run that plans it are locked.
 *
 * @returns an event for each item that was written, in the order of their positions.
 */
export async function writeItems(
  jobs: Jobs,
  tx: Transaction,
  batchId: string,
  items: readonly PlannedItem[],
): Promise<NewEvent[]> {
  const written = await tx.$queryRaw<{ itemId: string; position: number }[]>`
    UPDATE plan_items i
    SET angle = coalesce(i.angle, r.angle), hook = coalesce(i.hook, r.hook), "keyMessage" = coalesce(i."keyMessage", r."keyMessage"),
        scene = coalesce(i.scene, r.scene), audience = coalesce(i.audience, r.audience),
        author = coalesce(i.author, 'MODEL'), "plannedAt" = now(), version = i.version + 1
    FROM jsonb_to_recordset(${JSON.stringify(items)}::jsonb)
      AS r(position int, angle text, hook text, "keyMessage" text, scene text, audience text)
    WHERE i."batchId" = ${batchId}::uuid AND i.position = r.position AND i."plannedAt" IS NULL
    RETURNING i.id AS "itemId", i.position`;
  const ids = written.map(({ itemId }) => itemId);
  await addReadyPosts(jobs, tx, Prisma.sql`p."planItemId" = ANY(${ids}::uuid[])`);
  return written
    .toSorted((a, b) => a.position - b.position)
    .map((item): NewEvent => ({ type: 'PLAN_ITEM', ...item }));
}
