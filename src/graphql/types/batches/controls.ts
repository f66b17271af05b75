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

const batchIdArg = { description: 'The id of the batch.' };

builder.mutationFields((t) => ({
  cancelBatch: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description:
      'Cancels a batch: posts that are not final become `CANCELLED`, and running calls are aborted. Safe to repeat.',
    args: { batchId: t.arg.id(batchIdArg) },
    errors: {
      types: [...withState],
      union: { name: 'CancelBatchResult', description: 'The changed batch, or an error.' },
    },
    resolve: (_root, { batchId }, context) => context.batches.cancel(...target(context, batchId)),
  }),
  pauseBatch: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description: 'Pauses a batch: no more posts are started, and running posts are finished. Safe to repeat.',
    args: { batchId: t.arg.id(batchIdArg) },
    errors: {
      types: [...withState],
      union: { name: 'PauseBatchResult', description: 'The changed batch, or an error.' },
    },
    resolve: (_root, { batchId }, context) => context.batches.pause(...target(context, batchId)),
  }),
  resumeBatch: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description: 'Resumes a paused batch. Safe to repeat.',
    args: {
      batchId: t.arg.id(batchIdArg),
      maxCost: t.arg.float({
        required: false,
        description: 'A new cost limit for the whole batch, in US dollars.',
      }),
    },
    errors: {
      types: [...withState],
      union: { name: 'ResumeBatchResult', description: 'The changed batch, or an error.' },
    },
    resolve: (_root, { batchId, maxCost }, context) =>
      context.batches.resume(...target(context, batchId), maxCost ?? null),
  }),
  retryFailedPosts: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description:
      'Retries the failed posts of a batch. Content that was already paid for is kept. Safe to repeat.',
    args: { batchId: t.arg.id(batchIdArg) },
    errors: {
      types: [...withState],
      union: { name: 'RetryFailedPostsResult', description: 'The changed batch, or an error.' },
    },
    resolve: (_root, { batchId }, context) => context.batches.retryFailed(...target(context, batchId)),
  }),
  setBatchPriority: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description: 'Changes the priority of a batch among the batches of your workspace. Safe to repeat.',
    args: {
      batchId: t.arg.id(batchIdArg),
      priority: t.arg({ type: BatchPriorityEnum, description: 'The new priority of the batch.' }),
    },
    errors: {
      types: [...always],
      union: { name: 'SetBatchPriorityResult', description: 'The changed batch, or an error.' },
    },
    resolve: (_root, { batchId, priority }, context) =>
      context.batches.setPriority(...target(context, batchId), priority),
  }),
}));
