import type { BatchEvent, PlanItemCardFragment, PostCardFragment } from '../../../client/index.ts';
import { initialState, reduce, type Action, type BatchState } from '../../../src/demo/state.ts';

/** When all stories begin. */
export const startedAt = '2026-01-01T00:00:00.000Z';
const at = startedAt;
const cursor = '1';

type Counts = { completedCount?: number; failedCount?: number };

const progressOf = ({ completedCount = 0, failedCount = 0 }: Counts, postCount = 10) => ({
  postCount,
  completedCount,
  failedCount,
  cancelledCount: 0,
  remainingCount: postCount - completedCount - failedCount,
  successRate: null,
});

/** A post as the API gives it, waiting unless told. Its id is its position. */
export function card(id: string, changes: Partial<PostCardFragment> = {}): PostCardFragment {
  return {
    id,
    position: Number(id),
    status: 'PENDING',
    version: 1,
    review: 'UNREVIEWED',
    caption: null,
    hashtags: [],
    imageUrl: null,
    altText: null,
    targetAudience: 'everybody',
    channel: 'INSTAGRAM',
    language: 'en',
    findings: [],
    errorCode: null,
    errorMessage: null,
    createdAt: startedAt,
    startedAt: null,
    finishedAt: null,
    ...changes,
  };
}

/** A post with all that a completed one has; it took 8.1 s. */
export function completedCard(id: string, changes: Partial<PostCardFragment> = {}): PostCardFragment {
  return card(id, {
    status: 'COMPLETED',
    caption: `Caption of post ${id}`,
    imageUrl: `http://127.0.0.1:4000/assets/${id.padStart(64, 'a')}.png`,
    startedAt,
    finishedAt: '2026-01-01T00:00:08.100Z',
    ...changes,
  });
}

const heard = (event: BatchEvent): Extract<Action, { type: 'event' }> => ({
  type: 'event',
  event,
  receivedAtMs: Date.parse(event.at),
});

export const stage = (postId: string, stage: 'STARTED' | 'CAPTION_READY' | 'IMAGE_READY', when = at) =>
  heard({ __typename: 'PostStageEvent', cursor, at: when, postId, stage });

export const completed = (id: string, counts: Counts, changes: Partial<PostCardFragment> = {}) =>
  heard({
    __typename: 'PostCompletedEvent',
    cursor,
    at,
    post: completedCard(id, changes),
    progress: progressOf(counts),
  });

export const failed = (id: string, counts: Counts) =>
  heard({
    __typename: 'PostFailedEvent',
    cursor,
    at,
    errorCode: 'CONTENT_REFUSED',
    errorMessage: 'The provider refused it.',
    post: card(id, { status: 'FAILED', startedAt, finishedAt: '2026-01-01T00:01:05.000Z' }),
    progress: progressOf(counts),
  });

export const snapshot = (when: string) =>
  heard({ __typename: 'BatchSnapshotEvent', cursor, at: when, batch: { id: 'b', ...summaryOf(10) } });

/** A planned item as the API gives it. */
export function item(position: number, changes: Partial<PlanItemCardFragment> = {}): PlanItemCardFragment {
  return {
    id: `item ${position}`,
    position,
    version: 1,
    angle: `Angle ${position}`,
    hook: `Hook ${position}`,
    keyMessage: 'Message',
    scene: 'Scene',
    audience: 'everybody',
    author: 'MODEL',
    plannedAt: startedAt,
    ...changes,
  };
}

/** A batch of this many items, of which none is planned. */
export const ordered = (itemCount: number): Action => ({ type: 'planned', itemCount, items: [] });

export const plannedItem = (position: number, changes: Partial<PlanItemCardFragment> = {}) =>
  heard({
    __typename: 'PlanItemEvent',
    cursor,
    at,
    itemId: `item ${position}`,
    position,
    item: item(position, changes),
    progress: progressOf({}),
  });

export const planned = (plannedCount: number) =>
  heard({ __typename: 'BatchPlannedEvent', cursor, at, plannedCount, progress: progressOf({}) });

/** A batch as the API gives it. */
export function summaryOf(postCount: number, counts: Counts = {}) {
  return {
    status: 'RUNNING' as const,
    elapsedSeconds: 23.44,
    postsPerSecond: 0,
    cost: 0.07124,
    createdAt: startedAt,
    finishedAt: null,
    progress: progressOf(counts, postCount),
  };
}

/** The state of a batch of waiting posts after some actions; counters in events replace it. */
export function stateAfter(postCount: number, ...actions: Action[]): BatchState {
  const posts = Array.from({ length: postCount }, (_, index) => card(String(index + 1)));
  const state = [{ type: 'listed', posts } as const, ...actions].reduce(
    reduce,
    initialState(summaryOf(postCount)),
  );
  return { ...state, postCount };
}
