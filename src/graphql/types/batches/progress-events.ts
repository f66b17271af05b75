import type { PostStage, StoredEvent } from '../../../domain/batches/events.ts';
import { NotFoundError } from '../../../domain/errors/errors.ts';
import { toGlobalId } from '../../../domain/ids.ts';
import type { StageUpdate, StoredUpdate } from '../../../services/progress/batch-streams.ts';
import type {
  BatchState,
  BatchUpdate,
  PostState,
  Update,
  WorkspaceState,
} from '../../../services/progress/progress.ts';
import type { Post } from '../../../store/generated/prisma/client.ts';
import { BatchNode, BatchProgressRef, PauseReasonEnum } from './batch.ts';
import { builder } from '../../builder.ts';
import { present } from '../../connections.ts';
import { requireViewer, type Context } from '../../context.ts';
import { PostErrorCodeEnum, PostNode } from '../posts/post.ts';

export type EventOf<Type extends StoredEvent['type']> = StoredUpdate & {
  entry: { event: Extract<StoredEvent, { type: Type }> };
};

export const ProgressEventInterface = builder.interfaceRef<Update>('ProgressEvent').implement({
  description: 'An event of a progress subscription.',
  resolveType: typeNameOf,
  fields: (t) => ({
    cursor: t.string({
      description:
        'The position of the event in its stream. To continue without a gap, subscribe again with `after` set to the newest cursor you have.',
      resolve: ({ seq }) => String(seq),
    }),
    at: t.field({ type: 'DateTime', description: 'The time of the event.', resolve: timestampOf }),
  }),
});

export const BatchEventInterface = builder.interfaceRef<BatchUpdate>('BatchEvent').implement({
  description: 'An event of one batch.',
  interfaces: [ProgressEventInterface],
  resolveType: typeNameOf,
  fields: (t) => ({
    batchId: t.id({
      description: 'The id of the batch.',
      resolve: (update) => toGlobalId('Batch', batchIdOf(update)),
    }),
  }),
});

export const interfaces = [ProgressEventInterface, BatchEventInterface];

builder.objectType(builder.objectRef<BatchState>('BatchSnapshotEvent'), {
  description: 'The batch at the time you subscribe. The events after your cursor follow.',
  interfaces,
  fields: (t) => ({
    batch: t.expose('batch', { type: BatchNode, description: 'The current state of the batch.' }),
  }),
});

builder.objectType(builder.objectRef<BatchState>('BatchGapEvent'), {
  description: 'The events between your cursor and this one are no longer stored. Later events follow.',
  interfaces,
  fields: (t) => ({
    batch: t.expose('batch', { type: BatchNode, description: 'The current state of the batch.' }),
  }),
});

builder.objectType(builder.objectRef<PostState>('PostSnapshotEvent'), {
  description: 'The post at the time you subscribe.',
  interfaces,
  fields: (t) => ({
    post: t.expose('post', { type: PostNode, description: 'The current state of the post.' }),
  }),
});

const unfinished = 'The unfinished batches of your workspace, newest first, at most 100.';

builder.objectType(builder.objectRef<WorkspaceState>('UserSnapshotEvent'), {
  description: 'The unfinished batches at the time you subscribe. The events after your cursor follow.',
  interfaces: [ProgressEventInterface],
  fields: (t) => ({ batches: t.expose('batches', { type: [BatchNode], description: unfinished }) }),
});

builder.objectType(builder.objectRef<WorkspaceState>('UserGapEvent'), {
  description: 'The events between your cursor and this one are no longer stored. Later events follow.',
  interfaces: [ProgressEventInterface],
  fields: (t) => ({ batches: t.expose('batches', { type: [BatchNode], description: unfinished }) }),
});

const PostStageEnum = builder.enumType('PostStage', {
  description: 'A stage in the generation of a post.',
  values: {
    STARTED: { description: 'The calls to the AI provider have started.' },
    CAPTION_READY: { description: 'The caption is ready.' },
    IMAGE_READY: { description: 'The image is ready.' },
  } satisfies Record<PostStage, object>,
});

builder.objectType(builder.objectRef<StageUpdate>('PostStageEvent'), {
  description: 'A post reached a stage. Sent live only, and not to later subscribers.',
  interfaces,
  fields: (t) => ({
    postId: t.id({
      description: 'The id of the post.',
      resolve: ({ stage }) => toGlobalId('Post', stage.subjectId),
    }),
    stage: t.field({
      type: PostStageEnum,
      description: 'The stage that the post reached.',
      resolve: ({ stage }) => stage.stage,
    }),
  }),
});

builder.objectType(builder.objectRef<EventOf<'BATCH_STARTED'>>('BatchStartedEvent'), {
  description: 'The batch was started.',
  interfaces,
  fields: (t) => ({ progress: t.field(progressField) }),
});

builder.objectType(builder.objectRef<EventOf<'POST_COMPLETED'>>('PostCompletedEvent'), {
  description: 'A post is complete: it has a caption and an image.',
  interfaces,
  fields: (t) => ({
    progress: t.field(progressField),
    post: t.field({
      type: PostNode,
      description: 'The post of this event.',
      resolve: (update, _args, context) => postOf(update, context),
    }),
  }),
});

builder.objectType(builder.objectRef<EventOf<'POST_FAILED'>>('PostFailedEvent'), {
  description: 'A post failed. The batch continues.',
  interfaces,
  fields: (t) => ({
    progress: t.field(progressField),
    errorCode: t.field({
      type: PostErrorCodeEnum,
      description: 'The reason as a code for programs.',
      resolve: ({ entry }) => entry.event.errorCode,
    }),
    errorMessage: t.string({
      description: 'The reason as a message for people.',
      resolve: ({ entry }) => entry.event.errorMessage,
    }),
    post: t.field({
      type: PostNode,
      description: 'The post of this event.',
      resolve: (update, _args, context) => postOf(update, context),
    }),
  }),
});

builder.objectType(builder.objectRef<EventOf<'BATCH_PAUSED'>>('BatchPausedEvent'), {
  description: 'The batch was paused: no more posts are started until it is resumed.',
  interfaces,
  fields: (t) => ({
    progress: t.field(progressField),
    reason: t.field({
      type: PauseReasonEnum,
      description: 'Why it was paused.',
      resolve: ({ entry }) => entry.event.reason,
    }),
  }),
});

builder.objectType(builder.objectRef<EventOf<'BATCH_RESUMED'>>('BatchResumedEvent'), {
  description: 'The batch was resumed.',
  interfaces,
  fields: (t) => ({ progress: t.field(progressField) }),
});

builder.objectType(builder.objectRef<EventOf<'POSTS_RETRIED'>>('PostsRetriedEvent'), {
  description: 'Posts are generated again, after `retryFailedPosts` or `regeneratePost`.',
  interfaces,
  fields: (t) => ({
    progress: t.field(progressField),
    retriedCount: t.int({
      description: 'The number of posts that are generated again.',
      resolve: ({ entry }) => entry.event.retriedCount,
    }),
  }),
});

builder.objectType(builder.objectRef<EventOf<'BATCH_CANCELLED'>>('BatchCancelledEvent'), {
  description: 'The batch was cancelled. The subscription ends after this event.',
  interfaces,
  fields: (t) => ({ progress: t.field(progressField) }),
});

builder.objectType(builder.objectRef<EventOf<'BATCH_COMPLETED'>>('BatchCompletedEvent'), {
  description:
    'All posts of the batch are final. The subscription ends after this event, unless failed posts are retried.',
  interfaces,
  fields: (t) => ({
    progress: t.field(progressField),
    batch: t.field({
      type: BatchNode,
      description: 'The batch as it is now, with its posts.',
      resolve: async ({ entry }, _args, context) => {
        const key = { owner: requireViewer(context), id: entry.streamId };
        return present(await context.loaders().batches.byId.load(key), 'batch');
      },
    }),
  }),
});

/** The counters right after the event; on a replay, not the current ones. */
export const progressField = {
  type: BatchProgressRef,
  description: 'The post counters of the batch right after this event.',
  resolve: ({ entry }: StoredUpdate) => entry.event,
} as const;

function timestampOf(update: Update): Date {
  if (update.kind === 'event') return update.entry.createdAt;
  return update.kind === 'stage' ? update.stage.at : update.at;
}

function batchIdOf(update: BatchUpdate): string {
  if (update.kind === 'event') return update.entry.streamId;
  if (update.kind === 'stage') return update.stage.streamId;
  return update.kind === 'post' ? update.post.batchId : update.batch.id;
}

/** The post of each event. All subscribers in this process share the event, so its post is read once for all who get it now. */
const postsOfEvents = new WeakMap<StoredUpdate['entry'], { post: Promise<Post>; at: number }>();

/** After this time a post is read again: it may have been deleted since. */
const believedMs = 900;

function postOf({ entry }: EventOf<'POST_COMPLETED' | 'POST_FAILED'>, context: Context): Promise<Post> {
  const known = postsOfEvents.get(entry);
  const now = performance.now();
  if (known !== undefined && now - known.at < believedMs) return known.post;
  const post = loadPost(context, entry.event.postId);
  postsOfEvents.set(entry, { post, at: now });
  // The next subscriber reads it again.
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
  PLAN_ITEM: 'PlanItemEvent',
  BATCH_PLANNED: 'BatchPlannedEvent',
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
