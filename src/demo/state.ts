import type {
  BatchEvent,
  BatchSummaryFragment,
  Channel,
  PlanItemCardFragment,
  PostCardFragment,
  PostStatus,
} from '../../client/index.ts';

/** What the demo knows about a post. Times are the server's, in milliseconds. */
export type PostState = {
  id: string;
  position: number;
  channel: Channel;
  language: string;
  status: PostStatus;
  hasCaption: boolean;
  hasImage: boolean;
  startedAtMs: number | undefined;
  finishedAtMs: number | undefined;
  caption: string | undefined;
  /** Why it failed. */
  reason: string | undefined;
};

/** What the demo knows about an item of which nothing is left to plan. */
export type ItemState = { id: string; position: number; angle: string; hook: string };

/** What the demo knows about a batch: all that its views show. */
export type BatchState = {
  startedAtMs: number;
  finishedAtMs: number | undefined;
  /** How far the server's clock is ahead of ours. */
  clockAheadMs: number;
  postCount: number;
  completedCount: number;
  failedCount: number;
  posts: ReadonlyMap<string, PostState>;
  /** The number of items of the plan; 0: the posts have no plan. */
  itemCount: number;
  /** Items that are planned, in the order in which the demo heard of them. */
  plan: ReadonlyMap<string, ItemState>;
  /** Whether planning is over. An item that is not there by then is written from the brief alone. */
  isPlanned: boolean;
};

export type Action =
  | { type: 'planned'; itemCount: number; items: readonly PlanItemCardFragment[] }
  | { type: 'listed'; posts: readonly PostCardFragment[] }
  | { type: 'event'; event: BatchEvent; receivedAtMs: number };

/** The state of a batch that was just ordered. */
export function initialState({ createdAt, progress }: BatchSummaryFragment): BatchState {
  const { postCount, completedCount, failedCount } = progress;
  return {
    startedAtMs: Date.parse(createdAt),
    finishedAtMs: undefined,
    clockAheadMs: 0,
    postCount,
    completedCount,
    failedCount,
    posts: new Map(),
    itemCount: 0,
    plan: new Map(),
    isPlanned: false,
  };
}

/** Whether items of the plan are still to come. */
export function isPlanning({ itemCount, isPlanned }: BatchState): boolean {
  return itemCount > 0 && !isPlanned;
}

/** Adds new information to the state. A final post stays final. */
export function reduce(state: BatchState, action: Action): BatchState {
  if (action.type === 'event') return reduceEvent(state, action.event, action.receivedAtMs);
  if (action.type === 'planned') return { ...withItems(state, action.items), itemCount: action.itemCount };
  const posts = action.posts.map(fromCard).filter((post) => isNews(state.posts.get(post.id), post));
  return withPosts(state, posts);
}

/** Whether a listed post is newer than the known one. A list has no stages, and stages may have arrived meanwhile. */
function isNews(known: PostState | undefined, listed: PostState): boolean {
  return known === undefined || known.status === 'PENDING' || isFinal(listed);
}

function reduceEvent(state: BatchState, event: BatchEvent, receivedAtMs: number): BatchState {
  const atMs = Date.parse(event.at);
  switch (event.__typename) {
    case 'BatchSnapshotEvent':
      // The snapshot's counters are ahead of the events that follow, which carry their own.
      return { ...state, clockAheadMs: atMs - receivedAtMs };
    case 'BatchGapEvent':
    case 'PostSnapshotEvent':
      return state;
    case 'BatchStartedEvent':
    case 'BatchPausedEvent':
    case 'BatchResumedEvent':
      return withCounts(state, event.progress);
    case 'PlanItemEvent':
      return event.item === null ? state : withItems(withCounts(state, event.progress), [event.item]);
    case 'BatchPlannedEvent':
      return { ...withCounts(state, event.progress), isPlanned: true };
    case 'PostStageEvent': {
      const post = state.posts.get(event.postId);
      return post === undefined ? state : withPosts(state, [withStage(post, event.stage, atMs)]);
    }
    case 'PostCompletedEvent':
      return withPosts(withCounts(state, event.progress), [fromCard(event.post)]);
    case 'PostFailedEvent':
      return withPosts(withCounts(state, event.progress), [
        { ...fromCard(event.post), reason: event.errorMessage },
      ]);
    case 'PostsRetriedEvent':
      return reopened(withCounts(state, event.progress));
    case 'BatchCancelledEvent':
    case 'BatchCompletedEvent':
      return { ...withCounts(state, event.progress), finishedAtMs: atMs };
    default:
      // A newer server may send other events.
      event satisfies never;
      return state;
  }
}

function withItems(state: BatchState, items: readonly PlanItemCardFragment[]): BatchState {
  const plan = new Map(state.plan);
  for (const { id, position, angle, hook, plannedAt } of items)
    if (plannedAt !== null && angle !== null && hook !== null) plan.set(id, { id, position, angle, hook });
  return { ...state, plan };
}

function withStage(
  post: PostState,
  stage: 'STARTED' | 'CAPTION_READY' | 'IMAGE_READY',
  atMs: number,
): PostState {
  // A second start is another attempt. What the first one made is sent again as a stage.
  if (stage === 'STARTED') {
    return {
      ...post,
      status: 'GENERATING',
      hasCaption: false,
      hasImage: false,
      startedAtMs: post.startedAtMs ?? atMs,
    };
  }
  return {
    ...post,
    status: 'GENERATING',
    startedAtMs: post.startedAtMs ?? atMs,
    hasCaption: post.hasCaption || stage === 'CAPTION_READY',
    hasImage: post.hasImage || stage === 'IMAGE_READY',
  };
}

function withCounts(
  state: BatchState,
  progress: { postCount: number; completedCount: number; failedCount: number },
): BatchState {
  const { postCount, completedCount, failedCount } = progress;
  return { ...state, postCount, completedCount, failedCount };
}

/** Failed posts wait again. This is the only way out of a final state. */
function reopened(state: BatchState): BatchState {
  const posts = [...state.posts.values()].map((post): [string, PostState] => [
    post.id,
    post.status === 'FAILED'
      ? { ...post, status: 'PENDING', finishedAtMs: undefined, reason: undefined }
      : post,
  ]);
  return { ...state, finishedAtMs: undefined, posts: new Map(posts) };
}

function withPosts(state: BatchState, changed: readonly PostState[]): BatchState {
  const posts = new Map(state.posts);
  for (const post of changed) {
    const known = posts.get(post.id);
    if (known === undefined || !isFinal(known)) posts.set(post.id, post);
  }
  return { ...state, posts };
}

/** Whether the post's status is final. */
export function isFinal({ status }: { status: PostStatus }): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';
}

function fromCard(card: PostCardFragment): PostState {
  const { id, position, channel, language, status, caption, imageUrl, errorMessage } = card;
  const time = (at: string | null) => (at === null ? undefined : Date.parse(at));
  return {
    id,
    position,
    channel,
    language,
    status,
    hasCaption: caption !== null,
    hasImage: imageUrl !== null,
    startedAtMs: time(card.startedAt),
    finishedAtMs: time(card.finishedAt),
    caption: caption ?? undefined,
    reason: errorMessage ?? undefined,
  };
}
