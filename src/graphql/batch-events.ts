import type { postStages, LoggedEvent, PostStage, StoredEvent } from '../domain/batch-events.ts';
import { toGlobalId } from '../domain/ids.ts';
import { InvalidInputError, NotFoundError } from '../domain/errors.ts';
import type { Batch } from '../store/generated/prisma/client.ts';
import { BatchNode, BatchProgressRef } from './batch.ts';
import { builder } from './builder.ts';
import { requireViewer, type Context } from './context.ts';
import { parseId } from './ids.ts';
import { PostNode } from './post.ts';

/** What a subscriber is sent, with the cursor to resume from. */
type Sent = { cursor: string; batchId: string; at: Date };
type SentSnapshot = Sent & { kind: 'snapshot'; batch: Batch };
type SentStage = Sent & { kind: 'stage'; stage: PostStage };
type SentEvent<Type extends StoredEvent['type']> = Sent & {
  kind: 'event';
  event: Extract<StoredEvent, { type: Type }>;
};

type AnySent = SentSnapshot | SentStage | (Sent & { kind: 'event'; event: StoredEvent });

const BatchEventInterface = builder.interfaceRef<Sent>('BatchEvent').implement({
  description: 'Something that happened to a batch.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', {
      description: 'Subscribe again with `after` set to the newest cursor you have, and you miss nothing.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When it happened.' }),
    batchId: t.id({
      description: 'The batch it happened to.',
      resolve: ({ batchId }) => toGlobalId('Batch', batchId),
    }),
  }),
});

const interfaces = [BatchEventInterface];
const isEvent = (type: StoredEvent['type']) => (value: unknown) =>
  isSent(value) && value.kind === 'event' && value.event.type === type;

builder.objectType(builder.objectRef<SentSnapshot>('BatchSnapshotEvent'), {
  description: 'The batch as it is when you subscribe. What led to it and lies behind your cursor follows.',
  interfaces,
  isTypeOf: (value) => isSent(value) && value.kind === 'snapshot',
  fields: (t) => ({ batch: t.expose('batch', { type: BatchNode, description: 'The batch as it is now.' }) }),
});

const PostStageEnum = builder.enumType('PostStage', {
  description: 'How far a post is while it is made.',
  values: {
    STARTED: { description: 'Its requests are on their way.' },
    CAPTION_READY: { description: 'The caption is there.' },
    IMAGE_READY: { description: 'The picture is there.' },
  } satisfies Record<(typeof postStages)[number], object>,
});

builder.objectType(builder.objectRef<SentStage>('PostStageEvent'), {
  description: 'A post took a step. Sent live only: it is not repeated to those who subscribe later.',
  interfaces,
  isTypeOf: (value) => isSent(value) && value.kind === 'stage',
  fields: (t) => ({
    postId: t.id({ description: 'Which post.', resolve: ({ stage }) => toGlobalId('Post', stage.postId) }),
    stage: t.field({ type: PostStageEnum, description: 'Which step.', resolve: ({ stage }) => stage.stage }),
  }),
});

builder.objectType(builder.objectRef<SentEvent<'BATCH_STARTED'>>('BatchStartedEvent'), {
  description: 'The batch was ordered.',
  interfaces,
  isTypeOf: isEvent('BATCH_STARTED'),
  fields: (t) => ({ progress: t.field(progressField) }),
});

builder.objectType(builder.objectRef<SentEvent<'POST_COMPLETED'>>('PostCompletedEvent'), {
  description: 'A post has its caption and its picture.',
  interfaces,
  isTypeOf: isEvent('POST_COMPLETED'),
  fields: (t) => ({
    progress: t.field(progressField),
    post: t.field({
      type: PostNode,
      description: 'The post.',
      resolve: ({ event }, _args, context) => loadPost(context, event.postId),
    }),
  }),
});

builder.objectType(builder.objectRef<SentEvent<'POST_FAILED'>>('PostFailedEvent'), {
  description: 'A post could not be made. The batch goes on.',
  interfaces,
  isTypeOf: isEvent('POST_FAILED'),
  fields: (t) => ({
    progress: t.field(progressField),
    errorCode: t.string({ description: 'Why, for programs.', resolve: ({ event }) => event.errorCode }),
    errorMessage: t.string({ description: 'Why, for people.', resolve: ({ event }) => event.errorMessage }),
    post: t.field({
      type: PostNode,
      description: 'The post.',
      resolve: ({ event }, _args, context) => loadPost(context, event.postId),
    }),
  }),
});

builder.objectType(builder.objectRef<SentEvent<'BATCH_PAUSED'>>('BatchPausedEvent'), {
  description: 'No further post is started until the batch is resumed.',
  interfaces,
  isTypeOf: isEvent('BATCH_PAUSED'),
  fields: (t) => ({
    progress: t.field(progressField),
    reason: t.string({
      description: 'Why, as in `Batch.pauseReason`.',
      resolve: ({ event }) => event.reason,
    }),
  }),
});

builder.objectType(builder.objectRef<SentEvent<'BATCH_RESUMED'>>('BatchResumedEvent'), {
  description: 'The batch goes on.',
  interfaces,
  isTypeOf: isEvent('BATCH_RESUMED'),
  fields: (t) => ({ progress: t.field(progressField) }),
});

builder.objectType(builder.objectRef<SentEvent<'POSTS_RETRIED'>>('PostsRetriedEvent'), {
  description: 'Posts are made again: failed ones, or one that `regeneratePost` named.',
  interfaces,
  isTypeOf: isEvent('POSTS_RETRIED'),
  fields: (t) => ({
    progress: t.field(progressField),
    retriedCount: t.int({ description: 'How many.', resolve: ({ event }) => event.retriedCount }),
  }),
});

builder.objectType(builder.objectRef<SentEvent<'BATCH_CANCELLED'>>('BatchCancelledEvent'), {
  description: 'The batch was called off. The subscription ends after it.',
  interfaces,
  isTypeOf: isEvent('BATCH_CANCELLED'),
  fields: (t) => ({ progress: t.field(progressField) }),
});

builder.objectType(builder.objectRef<SentEvent<'BATCH_COMPLETED'>>('BatchCompletedEvent'), {
  description:
    'All posts of the batch are final. The subscription ends after it, unless failed posts are retried.',
  interfaces,
  isTypeOf: isEvent('BATCH_COMPLETED'),
  fields: (t) => ({ progress: t.field(progressField) }),
});

/** The counters as they were at this event, which on a replay is not now. */
const progressField = {
  type: BatchProgressRef,
  description: 'The counters of the batch right after this event.',
  resolve: ({ event }: { event: StoredEvent }) => event,
} as const;

builder.subscriptionField('batchEvents', (t) =>
  t.field({
    type: BatchEventInterface,
    description:
      'Follows a batch to its end: a snapshot, then every event behind `after`, then live ones, each once and in order.',
    args: {
      batchId: t.arg.id({ description: 'The batch’s id.' }),
      after: t.arg.string({
        required: false,
        description: 'The newest cursor you have; leave it out to start from the first event.',
      }),
    },
    subscribe: async (_root, { batchId, after }, context) => {
      const viewer = requireViewer(context);
      const id = parseId('Batch', batchId, 'batchId');
      const seq = parseCursor(after);
      const stop = new AbortController();
      const followed = await context.batches.follow(viewer, id, seq, stop.signal);
      if (followed === undefined) throw new NotFoundError('batch', 'batchId');
      return endingWith(send(followed.snapshot, seq, followed.updates), () => stop.abort());
    },
    resolve: (sent) => sent,
  }),
);

async function* send(
  batch: Batch,
  after: number,
  updates: AsyncIterable<{ kind: 'event'; entry: LoggedEvent } | { kind: 'stage'; stage: PostStage }>,
): AsyncGenerator<AnySent, void, undefined> {
  let cursor = String(after);
  yield { kind: 'snapshot', cursor, batchId: batch.id, at: new Date(), batch };
  for await (const update of updates) {
    if (update.kind === 'stage') {
      yield { kind: 'stage', cursor, batchId: batch.id, at: update.stage.at, stage: update.stage };
    } else {
      cursor = String(update.entry.seq);
      yield {
        kind: 'event',
        cursor,
        batchId: batch.id,
        at: update.entry.createdAt,
        event: update.entry.event,
      };
    }
  }
}

/**
 * An async generator that waits for its next value does not hear `return()` until it comes; a subscriber who
 * leaves must not be waited for.
 */
function endingWith<T>(
  generator: AsyncGenerator<T, void, undefined>,
  onEnd: () => void,
): AsyncGenerator<T, void, undefined> {
  const end = generator.return.bind(generator);
  generator.return = (value) => {
    onEnd();
    return end(value);
  };
  return generator;
}

function parseCursor(after: string | null | undefined): number {
  if (after == null) return 0;
  if (/^\d{1,9}$/.test(after)) return Number(after);
  throw new InvalidInputError([{ path: 'after', message: 'must be a cursor of this subscription' }]);
}

async function loadPost(context: Context, id: string) {
  const post = await context.posts.find(requireViewer(context), id);
  if (post === null) throw new NotFoundError('post', 'postId');
  return post;
}

function isSent(value: unknown): value is AnySent {
  return typeof value === 'object' && value !== null && 'kind' in value;
}
