import { tagOf } from '../../cache/tags.ts';
import { rowIdOf } from '../../domain/ids.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import { pageCost } from './costs.ts';
import type { Entity } from './entity.ts';

/** Lists of plan items. */
export const planItem: Entity<'planItems'> = {
  name: 'planItems',
  field: 'plan',
  type: 'PlanItem',
  cost: pageCost,
  columns: Prisma.PlanItemScalarFieldEnum,
  columnsBehind: { __typename: [], batch: ['ownerId', 'batchId'], posts: ['ownerId', 'batchId'] },
  tags: {
    row: tagOf.planItem,
    list({ workspaceId }, { batchId }) {
      const batch = rowIdOf(batchId);
      return batch === undefined ? tagOf.workspace(workspaceId) : tagOf.planOfBatch(batch);
    },
    listOf: { batchId: tagOf.planOfBatch },
    behind: () => [],
  },
};
