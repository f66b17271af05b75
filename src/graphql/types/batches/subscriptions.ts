import { InvalidInputError } from '../../../domain/errors/errors.ts';
import { builder } from '../../builder.ts';
import { requireViewer, type Context } from '../../context.ts';
import { parseId } from '../../ids.ts';
import { BatchEventInterface, ProgressEventInterface } from './progress-events.ts';
import { UpdateStream } from '../../subscriptions/update-stream.ts';
import type { Update } from '../../../services/progress/progress.ts';

const after = {
  required: false,
  description:
    'The newest cursor you have. Without it, the stream starts with the first event. Over SSE, the header `Last-Event-ID` does the same.',
} as const;

const workspaceEvents = {
  type: ProgressEventInterface,
  description:
    'Follows all batches of your workspace, including new ones. Sends a snapshot, then all events after the cursor `after`, then live events. Each event is sent once and in order. Does not end by itself.',
  subscribe: async (_root: object, args: { after?: string | null | undefined }, context: Context) => {
    const viewer = requireViewer(context);
    const seq = cursorOf(args.after, context);
    return UpdateStream.open((signal) => context.progress.workspace(viewer, seq, signal));
  },
  resolve: asItIs<Update>,
} as const;

builder.subscriptionFields((t) => ({
  batchEvents: t.field({
    type: BatchEventInterface,
    description:
      'Follows a batch to its end. Sends a snapshot, then all events after the cursor `after`, then live events. Each event is sent once and in order.',
    args: { batchId: t.arg.id({ description: 'The id of the batch.' }), after: t.arg.string(after) },
    subscribe: async (_root, args, context) => {
      const viewer = requireViewer(context);
      const id = parseId('Batch', args.batchId, 'batchId');
      const seq = cursorOf(args.after, context);
      return UpdateStream.open((signal) => context.progress.batch(viewer, id, seq, signal));
    },
    resolve: asItIs,
  }),
  workspaceEvents: t.field({
    ...workspaceEvents,
    args: { after: t.arg.string(after) },
  }),
  userEvents: t.field({
    ...workspaceEvents,
    args: { after: t.arg.string(after) },
    deprecationReason: 'Use `workspaceEvents`: it sends the same events, with the same cursors.',
  }),
  postProgress: t.field({
    type: BatchEventInterface,
    description:
      'Follows one post until it is final. Sends a snapshot, then its stages, then its final event.',
    args: { postId: t.arg.id({ description: 'The id of the post.' }) },
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
  return seqOf(argument ?? lastEventId);
}

/** @returns the number that a cursor stands for; 0 without one. @throws InvalidInputError for any other text. */
export function seqOf(cursor: string | null | undefined): number {
  if (cursor == null) return 0;
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new InvalidInputError([{ path: 'after', message: 'must be a cursor of these events' }]);
}
