import {
  BatchStateError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  UnauthenticatedError,
} from '../../../domain/errors/errors.ts';
import type { Viewer } from '../../../domain/viewer.ts';
import { BatchNode, BatchPriorityEnum } from './batch.ts';
import { builder } from '../../builder.ts';
import { requireViewer, type Context } from '../../context.ts';
import { parseId } from '../../ids.ts';

const always = [InvalidInputError, NotFoundError, UnauthenticatedError, ForbiddenError] as const;
const withState = [...always, BatchStateError] as const;

function target(context: Context, batchId: string): [Viewer, string] {
  return [requireViewer(context), parseId('Batch', batchId, 'batchId')];
}

const batchIdArg = { description: 'The batch’s id.' };

builder.mutationFields((t) => ({
  cancelBatch: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description:
      'Calls a batch off: posts that are not final become CANCELLED, calls under way are aborted. May be repeated.',
    args: { batchId: t.arg.id(batchIdArg) },
    errors: {
      types: [...withState],
      union: { name: 'CancelBatchResult', description: 'The batch as it is now, or why it is not.' },
    },
    resolve: (_root, { batchId }, context) => context.batches.cancel(...target(context, batchId)),
  }),
  pauseBatch: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description: 'Starts no further post of a batch; those in flight are finished. May be repeated.',
    args: { batchId: t.arg.id(batchIdArg) },
    errors: {
      types: [...withState],
      union: { name: 'PauseBatchResult', description: 'The batch as it is now, or why it is not.' },
    },
    resolve: (_root, { batchId }, context) => context.batches.pause(...target(context, batchId)),
  }),
  resumeBatch: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description: 'Goes on with a paused batch. May be repeated.',
    args: {
      batchId: t.arg.id(batchIdArg),
      maxCost: t.arg.float({
        required: false,
        description: 'A new maximum in US dollars for the whole batch.',
      }),
    },
    errors: {
      types: [...withState],
      union: { name: 'ResumeBatchResult', description: 'The batch as it is now, or why it is not.' },
    },
    resolve: (_root, { batchId, maxCost }, context) =>
      context.batches.resume(...target(context, batchId), maxCost ?? null),
  }),
  retryFailedPosts: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description: 'Makes the failed posts of a batch again; what was paid for is kept. May be repeated.',
    args: { batchId: t.arg.id(batchIdArg) },
    errors: {
      types: [...withState],
      union: { name: 'RetryFailedPostsResult', description: 'The batch as it is now, or why it is not.' },
    },
    resolve: (_root, { batchId }, context) => context.batches.retryFailed(...target(context, batchId)),
  }),
  setBatchPriority: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description: 'Puts a batch before or behind your other ones. May be repeated.',
    args: {
      batchId: t.arg.id(batchIdArg),
      priority: t.arg({ type: BatchPriorityEnum, description: 'Its new priority.' }),
    },
    errors: {
      types: [...always],
      union: { name: 'SetBatchPriorityResult', description: 'The batch as it is now, or why it is not.' },
    },
    resolve: (_root, { batchId, priority }, context) =>
      context.batches.setPriority(...target(context, batchId), priority),
  }),
}));
