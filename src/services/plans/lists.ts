import { z } from 'zod';
import { globalId } from '../../domain/ids.ts';
import { text } from '../../domain/validation.ts';
import type { Database } from '../../store/database.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import { createEntityLists, type EntityLists } from '../../store/lists/entity-lists.ts';
import { all, eachParent, holding, is, under } from '../../store/lists/filters.ts';
import { ownedRows } from '../../store/ownership.ts';

export type PlanItems = EntityLists<'planItems', PlanItemFilter>;

const filterSchema = z.object({
  batchId: globalId('Batch').nullish(),
  isPlanned: z.boolean().nullish(),
  search: text(200).nullish(),
});

/** Ids are global. */
export type PlanItemFilter = z.input<typeof filterSchema>;

/** Reads the items of plans. */
export function createPlanItems(database: Database): PlanItems {
  return createEntityLists(database, 'planItems', filterSchema, (owner, filter, parent) => {
    const batchId = parent === undefined ? filter.batchId : eachParent;
    const owned = ownedRows(owner, batchId == null ? 't' : 'p');
    return {
      isSearch: filter.search != null,
      ...(batchId == null ? {} : { uniqueBy: 'position' }),
      where: all([
        batchId == null ? owned : under('batch', batchId, [owned]),
        parent && is('a.parent', filter[parent]),
        planned(filter.isPlanned),
        holding(['t.angle', 't.hook', 't.keyMessage', 't.scene', 't.audience'], filter.search),
      ]),
      kinds: [],
    };
  });
}

/** SQL: nothing, or something, of these items is still to be planned; undefined for both. */
function planned(isPlanned: boolean | null | undefined): Prisma.Sql | undefined {
  if (isPlanned == null) return undefined;
  return isPlanned ? Prisma.sql`t."plannedAt" IS NOT NULL` : Prisma.sql`t."plannedAt" IS NULL`;
}
