import { toGlobalId } from '../../../domain/ids.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';
import { interfaces, progressField, type EventOf } from '../batches/progress-events.ts';
import { PlanItemNode } from './item.ts';

builder.objectType(builder.objectRef<EventOf<'PLAN_ITEM'>>('PlanItemEvent'), {
  description:
    'An item of the plan was planned, added, changed or removed. When it was removed, all items behind its position have moved up by one; no event tells of each.',
  interfaces,
  fields: (t) => ({
    progress: t.field(progressField),
    itemId: t.id({
      description: 'The id of the item.',
      resolve: ({ entry }) => toGlobalId('PlanItem', entry.event.itemId),
    }),
    position: t.int({
      description:
        'The position of the item in the plan, from 1. A removed item is gone from it: those behind it have moved up by one.',
      resolve: ({ entry }) => entry.event.position,
    }),
    item: t.field({
      type: PlanItemNode,
      nullable: true,
      description: 'The item as it is now; null if it has been removed.',
      resolve: ({ entry }, _args, context) =>
        context.loaders().planItems.byId.load({ owner: requireViewer(context), id: entry.event.itemId }),
    }),
  }),
});

builder.objectType(builder.objectRef<EventOf<'BATCH_PLANNED'>>('BatchPlannedEvent'), {
  description: 'Nothing is left to plan. Posts without a planned item are written from the campaign alone.',
  interfaces,
  fields: (t) => ({
    progress: t.field(progressField),
    plannedCount: t.int({
      description: 'The number of items that are planned.',
      resolve: ({ entry }) => entry.event.plannedCount,
    }),
  }),
});
