import type { LoggedEvent, postStages, StoredEvent } from '../../../domain/batches/events.ts';
import { NotFoundError } from '../../../domain/errors/errors.ts';
import { toGlobalId } from '../../../domain/ids.ts';
import type {
  BatchState,
  BatchUpdate,
  PostState,
  Update,
  WorkspaceState,
} from '../../../services/progress/progress.ts';
import type { Post } from '../../../store/generated/prisma/client.ts';
import { BatchNode, BatchProgressRef } from './batch.ts';
import { builder } from '../../builder.ts';
import { requireViewer, type Context } from '../../context.ts';
import { PostNode } from '../posts/post.ts';

type StageUpdate = Extract<Update, { kind: 'stage' }>;
type EventUpdate = Extract<Update, { kind: 'event' }>;
type EventOf<Type extends StoredEvent['type']> = EventUpdate & {
  entry: { event: Extract<StoredEvent, { type: Type }> };
};

export const ProgressEventInterface = builder.interfaceRef<Update>('ProgressEvent').implement({
  description: 'Something that a subscription to progress tells.',
  resolveType: typeNameOf,
  fields: (t) => ({
    cursor: t.string({
      description: 'Subscribe again with `after` set to the newest cursor you have, and you miss nothing.',
      resolve: ({ seq }) => String(seq),
    }),
    at: t.field({ type: 'DateTime', description: 'When it happened.', resolve: momentOf }),
  }),
});

export const BatchEventInterface = builder.interfaceRef<BatchUpdate>('BatchEvent').implement({
  description: 'Something that happened to a batch.',
  interfaces: [ProgressEventInterface],
  resolveType: typeNameOf,
  fields: (t) => ({
    batchId: t.id({
      description: 'The batch it happened to.',
      resolve: (update) => toGlobalId('Batch', batchIdOf(update)),
    }),
  }),
});

const interfaces = [ProgressEventInterface, BatchEventInterface];

builder.objectType(builder.objectRef<BatchState>('BatchSnapshotEvent'), {
  description: 'The batch as it is when you subscribe. What led to it and lies behind your cursor follows.',
  interfaces,
  fields: (t) => ({ batch: t.expose('batch', { type: BatchNode, description: 'The batch as it is now.' }) }),
});

builder.objectType(builder.objectRef<BatchState>('BatchGapEvent'), {
  description: 'What lies between your cursor and this one is not kept any more. The rest follows.',
  interfaces,
  fields: (t) => ({ batch: t.expose('batch', { type: BatchNode, description: 'The batch as it is now.' }) }),
});

builder.objectType(builder.objectRef<PostState>('PostSnapshotEvent'), {
  description: 'The post as it is when you subscribe.',
  interfaces,
  fields: (t) => ({ post: t.expose('post', { type: PostNode, description: 'The post as it is now.' }) }),
});

const unfinished = 'Your batches that are not finished, newest first; at most 100.';

builder.objectType(builder.objectRef<WorkspaceState>('UserSnapshotEvent'), {
  description: 'Your batches as they are when you subscribe. What lies behind your cursor follows.',
  interfaces: [ProgressEventInterface],
  fields: (t) => ({ batches: t.expose('batches', { type: [BatchNode], description: unfinished }) }),
});

builder.objectType(builder.objectRef<WorkspaceState>('UserGapEvent'), {
  description: 'What lies between your cursor and this one is not kept any more. The rest follows.',
  interfaces: [ProgressEventInterface],
  fields: (t) => ({ batches: t.expose('batches', { type: [BatchNode], description: unfinished }) }),
});

const PostStageEnum = builder.enumType('PostStage', {
  description: 'How far a post is while it is made.',
  values: {
    STARTED: { description: 'Its requests are on their way.' },
    CAPTION_READY: { description: 'The caption is there.' },
    IMAGE_READY: { description: 'The picture is there.' },
  } satisfies Record<(typeof postStages)[number], object>,
});

builder.objectType(builder.objectRef<StageUpdate>('PostStageEvent'), {
  description: 'A post took a step. Sent live only: it is not repeated to those who subscribe later.',
  interfaces,
  fields: (t) => ({
    postId: t.id({ description: 'Which post.', resolve: ({ stage }) => toGlobalId('Post', stage.postId) }),
    stage: t.field({ type: PostStageEnum, description: 'Which step.', resolve: ({ stage }) => stage.stage }),
  }),
});

builder.objectType(builder.objectRef<EventOf<'BATCH_STARTED'>>('BatchStartedEvent'), {
  description: 'The batch was ordered.',
  interfaces,
  fields: (t) => ({ progress: t.field(progressField) }),
});

builder.objectType(builder.objectRef<EventOf<'POST_COMPLETED'>>('PostCompletedEvent'), {
  description: 'A post has its caption and its picture.',
  interfaces,
  fields: (t) => ({
    progress: t.field(progressField),
    post: t.field({
      type: PostNode,
      description: 'The post.',
      resolve: (update, _args, context) => postOf(update, context),
    }),
  }),
});

builder.objectType(builder.objectRef<EventOf<'POST_FAILED'>>('PostFailedEvent'), {
  description: 'A post could not be made. The batch goes on.',
  interfaces,
  fields: (t) => ({
    progress: t.field(progressField),
    errorCode: t.string({ description: 'Why, for programs.', resolve: ({ entry }) => entry.event.errorCode }),
    errorMessage: t.string({
      description: 'Why, for people.',
      resolve: ({ entry }) => entry.event.errorMessage,
    }),
    post: t.field({
      type: PostNode,
      description: 'The post.',
      resolve: (update, _args, context) => postOf(update, context),
    }),
  }),
});

builder.objectType(builder.objectRef<EventOf<'BATCH_PAUSED'>>('BatchPausedEvent'), {
  description: 'No further post is started until the batch is resumed.',
  interfaces,
  fields: (t) => ({
    progress: t.field(progressField),
    reason: t.string({
      description: 'Why, as in `Batch.pauseReason`.',
      resolve: ({ entry }) => entry.event.reason,
    }),
  }),
});

builder.objectType(builder.objectRef<EventOf<'BATCH_RESUMED'>>('BatchResumedEvent'), {
  description: 'The batch goes on.',
  interfaces,
  fields: (t) => ({ progress: t.field(progressField) }),
});

builder.objectType(builder.objectRef<EventOf<'POSTS_RETRIED'>>('PostsRetriedEvent'), {
  description: 'Posts are made again: failed ones, or one that `regeneratePost` named.',
  interfaces,
  fields: (t) => ({
    progress: t.field(progressField),
    retriedCount: t.int({ description: 'How many.', resolve: ({ entry }) => entry.event.retriedCount }),
  }),
});

builder.objectType(builder.objectRef<EventOf<'BATCH_CANCELLED'>>('BatchCancelledEvent'), {
  description: 'The batch was called off. The subscription ends after it.',
  interfaces,
  fields: (t) => ({ progress: t.field(progressField) }),
});

builder.objectType(builder.objectRef<EventOf<'BATCH_COMPLETED'>>('BatchCompletedEvent'), {
  description:
    'All posts of the batch are final. The subscription ends after it, unless failed posts are retried.',
  interfaces,
  fields: (t) => ({ progress: t.field(progressField) }),
});

/** The counters as they were at this event, which on a replay is not now. */
const progressField = {
  type: BatchProgressRef,
  description: 'The counters of the batch right after this event.',
  resolve: ({ entry }: EventUpdate) => entry.event,
} as const;

function momentOf(update: Update): Date {
  if (update.kind === 'event') return update.entry.createdAt;
  return update.kind === 'stage' ? update.stage.at : update.at;
}

function batchIdOf(update: BatchUpdate): string {
  if (update.kind === 'event') return update.entry.batchId;
  if (update.kind === 'stage') return update.stage.batchId;
  return update.kind === 'post' ? update.post.batchId : update.batch.id;
}

/** Posts by the event that tells of them: all readers of a stream here are told of the same event, and of its post once read. */
const postsOfEvents = new WeakMap<LoggedEvent, Promise<Post>>();

function postOf({ entry }: EventOf<'POST_COMPLETED' | 'POST_FAILED'>, context: Context): Promise<Post> {
  const known = postsOfEvents.get(entry);
  if (known !== undefined) return known;
  const post = loadPost(context, entry.event.postId);
  postsOfEvents.set(entry, post);
  // Whoever comes next asks anew.
  post.catch(() => postsOfEvents.delete(entry));
  return post;
}

async function loadPost(context: Context, id: string): Promise<Post> {
  const post = await context.loaders().posts.byId.load({ owner: requireViewer(context), id });
  if (post === null) throw new NotFoundError('post', 'postId');
  return post;
}

const stateTypes = {
  batch: 'BatchSnapshotEvent',
  batchGap: 'BatchGapEvent',
  workspace: 'UserSnapshotEvent',
  workspaceGap: 'UserGapEvent',
  post: 'PostSnapshotEvent',
  stage: 'PostStageEvent',
} satisfies Record<Exclude<Update['kind'], 'event'>, string>;

const eventTypes = {
  BATCH_STARTED: 'BatchStartedEvent',
  POST_COMPLETED: 'PostCompletedEvent',
  POST_FAILED: 'PostFailedEvent',
  BATCH_PAUSED: 'BatchPausedEvent',
  BATCH_RESUMED: 'BatchResumedEvent',
  POSTS_RETRIED: 'PostsRetriedEvent',
  BATCH_CANCELLED: 'BatchCancelledEvent',
  BATCH_COMPLETED: 'BatchCompletedEvent',
} satisfies Record<StoredEvent['type'], string>;

function typeNameOf(update: Update): string {
  return update.kind === 'event' ? eventTypes[update.entry.event.type] : stateTypes[update.kind];
}
