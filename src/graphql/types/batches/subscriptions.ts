import { InvalidInputError } from '../../../domain/errors/errors.ts';
import { builder } from '../../builder.ts';
import { requireViewer, type Context } from '../../context.ts';
import { parseId } from '../../ids.ts';
import { BatchEventInterface, ProgressEventInterface } from './progress-events.ts';
import { UpdateStream } from '../../subscriptions/update-stream.ts';

const after = {
  required: false,
  description:
    'The newest cursor you have; leave it out to start from the first event. Over SSE, the header `Last-Event-ID` does the same.',
} as const;

builder.subscriptionFields((t) => ({
  batchEvents: t.field({
    type: BatchEventInterface,
    description:
      'Follows a batch to its end: a snapshot, then every event behind `after`, then live ones, each once and in order.',
    args: { batchId: t.arg.id({ description: 'The batch’s id.' }), after: t.arg.string(after) },
    subscribe: async (_root, args, context) => {
      const viewer = requireViewer(context);
      const id = parseId('Batch', args.batchId, 'batchId');
      const seq = cursorOf(args.after, context);
      return UpdateStream.open((signal) => context.progress.batch(viewer, id, seq, signal));
    },
    resolve: asItIs,
  }),
  userEvents: t.field({
    type: ProgressEventInterface,
    description:
      'Follows all of your batches, those to come as well: a snapshot, then every event behind `after`, then live ones, each once and in order. Does not end by itself.',
    args: { after: t.arg.string(after) },
    subscribe: async (_root, args, context) => {
      const viewer = requireViewer(context);
      const seq = cursorOf(args.after, context);
      return UpdateStream.open((signal) => context.progress.workspace(viewer, seq, signal));
    },
    resolve: asItIs,
  }),
  postProgress: t.field({
    type: BatchEventInterface,
    description: 'Follows one post until it is final: a snapshot, then its steps, then its end.',
    args: { postId: t.arg.id({ description: 'The post’s id.' }) },
    subscribe: async (_root, args, context) => {
      const viewer = requireViewer(context);
      const id = parseId('Post', args.postId, 'postId');
      return UpdateStream.open((signal) => context.progress.post(viewer, id, signal));
    },
    resolve: asItIs,
  }),
}));

function asItIs<T>(value: T): T {
  return value;
}

function cursorOf(argument: string | null | undefined, { lastEventId }: Context): number {
  const cursor = argument ?? lastEventId;
  if (cursor === undefined) return 0;
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new InvalidInputError([{ path: 'after', message: 'must be a cursor of this subscription' }]);
}
