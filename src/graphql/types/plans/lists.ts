import { builder } from '../../builder.ts';
import { listOf, totalCountOptions } from '../../connections.ts';
import { planItem } from '../../entities/plan-item.ts';
import { orderInput } from '../../list-inputs.ts';
import { BatchNode } from '../batches/batch.ts';
import { PlanItemNode } from './item.ts';

const PlanItemEdge = builder.edgeObject({
  type: PlanItemNode,
  name: 'PlanItemEdge',
  description: 'A plan item in a list, with its cursor.',
});
const PlanItemConnection = builder.connectionObject(
  {
    type: PlanItemNode,
    name: 'PlanItemConnection',
    description: 'A page of a list of plan items.',
    fields: (fields) => ({ totalCount: fields.int(totalCountOptions) }),
  },
  PlanItemEdge,
);

const PlanItemFilterInput = builder.inputType('PlanItemFilter', {
  description: 'A filter for a list of plan items. Fields that are left out do not filter.',
  fields: (t) => ({
    isPlanned: t.boolean({
      required: false,
      description: 'Only items of which nothing is left to plan; with false, only the others.',
    }),
    search: t.field({
      type: 'NonEmptyString',
      required: false,
      description:
        'Only items whose angle, hook, key message, scene or audience contains this text, in upper or lower case. At most 200 characters.',
    }),
  }),
});

const PlanItemOrderInput = orderInput('PlanItem', 'plan items', {
  POSITION: { value: 'position', description: 'The position in the plan.' },
});

builder.objectField(BatchNode, 'plan', (t) =>
  t.connection(
    {
      type: PlanItemNode,
      description: 'The items of its plan, in the order of their positions unless `order` is set.',
      args: {
        filter: t.arg({
          type: PlanItemFilterInput,
          required: false,
          description: 'Limits the list to items that match.',
        }),
        order: t.arg({
          type: PlanItemOrderInput,
          required: false,
          description: 'The sort order; by position from 1 by default.',
        }),
      },
      resolve: listOf(planItem, 'batchId'),
    },
    PlanItemConnection,
    PlanItemEdge,
  ),
);
