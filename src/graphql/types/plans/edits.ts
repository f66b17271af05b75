import {
  BatchStateError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  OrderLimitError,
  UnauthenticatedError,
  VersionConflictError,
} from '../../../domain/errors/errors.ts';
import { toGlobalId } from '../../../domain/ids.ts';
import type { Batch } from '../../../store/generated/prisma/client.ts';
import { builder } from '../../builder.ts';
import { requireViewer } from '../../context.ts';
import { parseId } from '../../ids.ts';
import { BatchNode } from '../batches/batch.ts';
import { PlanItemNode } from './item.ts';
import { partFields } from './parts.ts';

const always = [
  InvalidInputError,
  NotFoundError,
  BatchStateError,
  UnauthenticatedError,
  ForbiddenError,
] as const;

const batchId = { description: 'The id of the batch, whose status must be `PLANNED`.' };
const itemId = { description: 'The id of the plan item.' };

const EditPlanItemInput = builder.inputType('EditPlanItemInput', {
  description: 'New parts of a plan item. Parts that are left out stay as they are.',
  fields: (t) => ({
    itemId: t.id(itemId),
    expectedVersion: t.int({
      description:
        'The `version` of the item that you read. If the item has another version now, nothing is changed.',
    }),
    ...partFields(t),
  }),
});

const AddPlanItemInput = builder.inputType('AddPlanItemInput', {
  description: 'A new item at the end of a plan. Parts that are left out must be written or planned later.',
  fields: (t) => ({ batchId: t.id(batchId), ...partFields(t) }),
});

const RemovePlanItemInput = builder.inputType('RemovePlanItemInput', {
  description: 'The plan item to remove.',
  fields: (t) => ({ itemId: t.id(itemId) }),
});

const ReplanItemsInput = builder.inputType('ReplanItemsInput', {
  description: 'The items to plan again, with an optional instruction.',
  fields: (t) => ({
    batchId: t.id(batchId),
    itemIds: t.idList({
      required: false,
      description: 'The ids of the items. The default is all items of which no person wrote a part.',
    }),
    instruction: t.field({
      type: 'NonEmptyString',
      required: false,
      description: 'An instruction what to plan differently, at most 1,000 characters.',
    }),
  }),
});

const ApprovePlanInput = builder.inputType('ApprovePlanInput', {
  description: 'The batch whose plan is approved.',
  fields: (t) => ({ batchId: t.id(batchId) }),
});

const RemovedPlanItemRef = builder.objectRef<{ itemId: string; batch: Batch }>('RemovedPlanItem').implement({
  description: 'The result of removing a plan item.',
  fields: (t) => ({
    itemId: t.id({
      description: 'The id of the removed item.',
      resolve: (removed) => toGlobalId('PlanItem', removed.itemId),
    }),
    batch: t.expose('batch', { type: BatchNode, description: 'The batch without the item.' }),
  }),
});

const changedBatch = (name: string) => ({ name, description: 'The changed batch, or an error.' });

builder.mutationFields((t) => ({
  editPlanItem: t.field({
    type: PlanItemNode,
    access: 'EDITOR',
    description:
      'Writes parts of a plan item. `replanItems` leaves it alone from then on unless it names it.',
    args: { input: t.arg({ type: EditPlanItemInput, description: 'The item and its new parts.' }) },
    errors: {
      types: [...always, VersionConflictError],
      union: { name: 'EditPlanItemResult', description: 'The changed item, or an error.' },
    },
    resolve: (_root, { input }, context) => context.planEdits.edit(requireViewer(context), input),
  }),
  addPlanItem: t.field({
    type: PlanItemNode,
    access: 'EDITOR',
    description: 'Adds an item at the end of a plan, with a post for each channel and language of the batch.',
    args: { input: t.arg({ type: AddPlanItemInput, description: 'The batch and the parts of the item.' }) },
    errors: {
      types: [...always],
      union: { name: 'AddPlanItemResult', description: 'The new item, or an error.' },
    },
    resolve: (_root, { input }, context) => context.planEdits.add(requireViewer(context), input),
  }),
  removePlanItem: t.field({
    type: RemovedPlanItemRef,
    access: 'EDITOR',
    description:
      'Removes an item from a plan. The items behind it move up by one: one event tells of all. A plan keeps at least one item.',
    args: { input: t.arg({ type: RemovePlanItemInput, description: 'The item to remove.' }) },
    errors: {
      types: [...always],
      union: { name: 'RemovePlanItemResult', description: 'The id of the removed item, or an error.' },
    },
    resolve: (_root, { input }, context) => context.planEdits.remove(requireViewer(context), input),
  }),
  replanItems: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description:
      'Clears items of a plan and plans them again. The batch runs until then: follow it with `batchEvents`. Costs money.',
    args: { input: t.arg({ type: ReplanItemsInput, description: 'The batch and the items to plan again.' }) },
    errors: { types: [...always], union: changedBatch('ReplanItemsResult') },
    resolve: (_root, { input }, context) => context.planEdits.replan(requireViewer(context), input),
  }),
  approvePlan: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description:
      'Approves the plan of a batch, so that its posts are written. A plan with missing parts is refused, and so is one with more posts than may wait to be written. Costs money.',
    args: { input: t.arg({ type: ApprovePlanInput, description: 'The batch whose plan is approved.' }) },
    errors: { types: [...always, OrderLimitError], union: changedBatch('ApprovePlanResult') },
    resolve: (_root, { input }, context) =>
      context.planEdits.approve(requireViewer(context), parseId('Batch', input.batchId, 'input.batchId')),
  }),
}));
