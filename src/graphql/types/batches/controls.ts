import {
  BatchStateError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  UnauthenticatedError,
} from '../../../domain/errors/errors.ts';
import { toGlobalId } from '../../../domain/ids.ts';
import type { Viewer } from '../../../domain/viewer.ts';
import { BatchNode, BatchPriorityEnum } from './batch.ts';
import { builder } from '../../builder.ts';
import { requireViewer, type Context } from '../../context.ts';
import { parseId } from '../../ids.ts';
import { onInput, replacedByInput } from '../input.ts';

const always = [InvalidInputError, NotFoundError, UnauthenticatedError, ForbiddenError] as const;
const withState = [...always, BatchStateError] as const;

/** Defines the input of a mutation of one batch. */
function batchInput(name: string, description: string) {
  return builder.inputType(name, {
    description,
    fields: (t) => ({ batchId: t.id({ description: 'The id of the batch.' }) }),
  });
}

const CancelBatchInput = batchInput('CancelBatchInput', 'The batch to cancel.');
const PauseBatchInput = batchInput('PauseBatchInput', 'The batch to pause.');
const RetryFailedPostsInput = batchInput(
  'RetryFailedPostsInput',
  'The batch whose failed posts are retried.',
);

const ResumeBatchInput = builder.inputType('ResumeBatchInput', {
  description: 'The batch to resume, with a new cost limit if it needs one.',
  fields: (t) => ({
    batchId: t.id({ description: 'The id of the batch.' }),
    maxCost: t.field({
      type: 'Money',
      required: false,
      description: 'A new cost limit for the whole batch.',
    }),
  }),
});

const DeleteBatchInput = batchInput('DeleteBatchInput', 'The batch to delete.');

const DeletedBatchRef = builder.objectRef<{ id: string }>('DeletedBatch').implement({
  description: 'The result of deleting a batch.',
  fields: (t) => ({
    batchId: t.id({
      description: 'The id of the deleted batch.',
      resolve: ({ id }) => toGlobalId('Batch', id),
    }),
  }),
});

const SetBatchPriorityInput = builder.inputType('SetBatchPriorityInput', {
  description: 'The batch and its new priority.',
  fields: (t) => ({
    batchId: t.id({ description: 'The id of the batch.' }),
    priority: t.field({ type: BatchPriorityEnum, description: 'The new priority of the batch.' }),
  }),
});

type BatchArgs = { input?: { batchId: string } | null | undefined; batchId?: string | null | undefined };

/** Runs a mutation of one batch. */
function onBatch<Result>(
  context: Context,
  args: BatchArgs,
  work: (viewer: Viewer, batchId: string) => Promise<Result>,
): Promise<Result> {
  const before = args.batchId == null ? undefined : { batchId: args.batchId };
  return onInput(args, before, ({ batchId }) =>
    work(requireViewer(context), parseId('Batch', batchId, 'input.batchId')),
  );
}

const inputArg = { required: false, description: 'What to do, and with which batch.' } as const;
const batchIdArg = {
  required: false,
  description: 'The id of the batch.',
  deprecationReason: replacedByInput,
} as const;

builder.mutationFields((t) => ({
  cancelBatch: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description:
      'Cancels a batch: posts that are not final become `CANCELLED`, and running calls are aborted. Safe to repeat.',
    args: { input: t.arg({ type: CancelBatchInput, ...inputArg }), batchId: t.arg.id(batchIdArg) },
    errors: {
      types: [...withState],
      union: { name: 'CancelBatchResult', description: 'The changed batch, or an error.' },
    },
    resolve: (_root, args, context) => onBatch(context, args, context.batches.cancel),
  }),
  pauseBatch: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description: 'Pauses a batch: no more posts are started, and running posts are finished. Safe to repeat.',
    args: { input: t.arg({ type: PauseBatchInput, ...inputArg }), batchId: t.arg.id(batchIdArg) },
    errors: {
      types: [...withState],
      union: { name: 'PauseBatchResult', description: 'The changed batch, or an error.' },
    },
    resolve: (_root, args, context) => onBatch(context, args, context.batches.pause),
  }),
  resumeBatch: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description: 'Resumes a paused batch. Safe to repeat.',
    args: {
      input: t.arg({ type: ResumeBatchInput, ...inputArg }),
      batchId: t.arg.id(batchIdArg),
      maxCost: t.arg.float({
        required: false,
        description: 'A new cost limit for the whole batch, in US dollars.',
        deprecationReason: replacedByInput,
      }),
    },
    errors: {
      types: [...withState],
      union: { name: 'ResumeBatchResult', description: 'The changed batch, or an error.' },
    },
    resolve: (_root, args, context) =>
      onBatch(context, args, (viewer, batchId) =>
        context.batches.resume(viewer, batchId, args.input?.maxCost ?? args.maxCost ?? null),
      ),
  }),
  retryFailedPosts: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description:
      'Retries the failed posts of a batch. Content that was already paid for is kept. Safe to repeat.',
    args: { input: t.arg({ type: RetryFailedPostsInput, ...inputArg }), batchId: t.arg.id(batchIdArg) },
    errors: {
      types: [...withState],
      union: { name: 'RetryFailedPostsResult', description: 'The changed batch, or an error.' },
    },
    resolve: (_root, args, context) => onBatch(context, args, context.batches.retryFailed),
  }),
  setBatchPriority: t.field({
    type: BatchNode,
    access: 'EDITOR',
    description: 'Changes the priority of a batch among the batches of your workspace. Safe to repeat.',
    args: {
      input: t.arg({ type: SetBatchPriorityInput, ...inputArg }),
      batchId: t.arg.id(batchIdArg),
      priority: t.arg({
        type: BatchPriorityEnum,
        required: false,
        description: 'The new priority of the batch.',
        deprecationReason: replacedByInput,
      }),
    },
    errors: {
      types: [...always],
      union: { name: 'SetBatchPriorityResult', description: 'The changed batch, or an error.' },
    },
    resolve: (_root, args, context) =>
      onBatch(context, args, async (viewer, batchId) => {
        const priority = args.input?.priority ?? args.priority;
        if (priority == null)
          throw new InvalidInputError([{ path: 'input.priority', message: 'is required' }]);
        return context.batches.setPriority(viewer, batchId, priority);
      }),
  }),
  deleteBatch: t.field({
    type: DeletedBatchRef,
    access: 'OWNER',
    description:
      'Deletes a batch with its posts. Cannot be undone. An unfinished batch is cancelled first. Its cost stays in `User.usage` and in the budgets.',
    args: { input: t.arg({ type: DeleteBatchInput, description: 'The batch to delete.' }) },
    errors: {
      types: [...always],
      union: { name: 'DeleteBatchResult', description: 'The id of the deleted batch, or an error.' },
    },
    resolve: (_root, args, context) =>
      onBatch(context, args, async (viewer, id) => {
        await context.deletions.batch(viewer, id);
        return { id };
      }),
  }),
}));
