import { tagOf } from '../../cache/tags.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';
import { pageCost } from './costs.ts';
import type { Entity } from './entity.ts';

/** Lists of brands. */
export const brand: Entity<'brands'> = {
  name: 'brands',
  type: 'Brand',
  cost: pageCost,
  columns: Prisma.BrandScalarFieldEnum,
  columnsBehind: { __typename: [], content: ['version'], versions: [] },
  tags: {
    row: tagOf.brand,
    list: ({ workspaceId }) => tagOf.brandsOf(workspaceId),
    listOf: {},
    behind: () => [],
  },
};
