import { InvalidInputError, NotFoundError } from '../../domain/errors/errors.ts';
import { follow, type Gap, type Pages } from '../../events/follow.ts';
import type { EventLog } from '../../events/log.ts';
import type { Tails } from '../../events/tail.ts';
import type { Database } from '../../store/database.ts';
import { keepReading } from '../../store/keep-trying.ts';
import type { Batch, Post } from '../../store/generated/prisma/client.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Page } from '../../store/lists/paging.ts';
import { ownedBy, ownedRows } from '../../store/ownership.ts';
import { batchStreams, updatesOf, type StageUpdate, type StoredUpdate } from './batch-streams.ts';
import { readHistory, type HistoryPage } from './history.ts';

type Snapshot = { seq: number; at: Date };

/** The present state of what is followed: sent first, and again in place of pruned events (`…Gap`). */
export type BatchState = Snapshot & { kind: 'batch' | 'batchGap'; batch: Batch };
export type WorkspaceState = Snapshot & { kind: 'workspace' | 'workspaceGap'; batches: Batch[] };
export type PostState = Snapshot & { kind: 'post'; post: Post };

/** One message to a reader. `seq` is the cursor to resume from. */
export type BatchUpdate = StoredUpdate | StageUpdate | BatchState | PostState;
export type Update = BatchUpdate | WorkspaceState;

/** The present state, then everything that follows. A page holds what is available at once. */
export type Updates<State> = AsyncGenerator<(StoredUpdate | StageUpdate | State)[], void, undefined>;

/**
 * Live progress that misses no stored event. Retries for three seconds while the database is away. `signal` ends the
 * updates at once.
 */
export type Progress = {
  /**
   * Follows a batch to its end.
   *
   * @param after the newest cursor that the reader has; 0 for none.
   * @throws NotFoundError if the workspace has no such batch; InvalidInputError for a cursor that is ahead of the stream.
   */
  batch(viewer: Viewer, batchId: string, after: number, signal: AbortSignal): Promise<Updates<BatchState>>;
  /**
   * Follows all batches of the viewer's workspace, without an end. Its cursors also count what other kinds of streams tell.
   *
   * @throws InvalidInputError for a cursor that is ahead of the stream.
   */
  workspace(viewer: Viewer, after: number, signal: AbortSignal): Promise<Updates<WorkspaceState>>;
  /** Reads a page of a batch's stored events (history.ts). @throws NotFoundError, InvalidInputError */
  history(viewer: Viewer, batchId: string, page: HistoryPage): Promise<Page<StoredUpdate>>;
  /** Follows a post until it is final. @throws NotFoundError if the workspace has no such post. */
  post(viewer: Viewer, postId: string, signal: AbortSignal): Promise<Updates<PostState>>;
};

/** Unfinished batches that the snapshot of a workspace shows at most. */
const maxBatchesShown = 100;

export function createProgress(deps: {
  database: Pick<Database, 'prisma'>;
  log: EventLog;
  tails: Tails;
}): Progress {
  const { log, tails } = deps;
  const { prisma } = deps.database;

  const unfinishedBatches = (viewer: Viewer) =>
    prisma.batch.findMany({
      where: { ...ownedBy(viewer), finishedAt: null },
      orderBy: { createdAt: 'desc' },
      take: maxBatchesShown,
    });

  return {
    history: (viewer, batchId, page) => readHistory(deps.database, viewer, batchId, page),

    async batch(viewer, batchId, after, signal) {
      const state = async (kind: BatchState['kind'], seq: number): Promise<BatchState> => {
        const batch = await prisma.batch.findUnique({
          where: { id: batchId, ...ownedBy(viewer), deletedAt: null },
        });
        if (batch === null) throw new NotFoundError('batch', 'batchId');
        return { kind, seq, at: new Date(), batch };
      };
      const first = await state('batch', after);
      const { lastSeq, finishedAt } = first.batch;
      if (after > lastSeq) throw notACursor();
      const stream = log.stream(batchStreams, batchId);
      // A finished batch whose later events are all pruned has nothing more to tell.
      if (finishedAt !== null && (await stream.read(after, 1))?.length === 0)
        return beginWith([first], nothing());
      const rest = follow(tails, stream, { after, signal });
      return beginWith(
        [first],
        filled(rest, ({ seq }) => keepReading(() => state('batchGap', seq), signal)),
      );
    },

    async workspace(viewer, after, signal) {
      const state = async (kind: WorkspaceState['kind'], seq: number): Promise<WorkspaceState> => ({
        kind,
        seq,
        at: new Date(),
        batches: await unfinishedBatches(viewer),
      });
      const stream = log.workspace([batchStreams], viewer.workspaceId);
      if (after > (await stream.newest())) throw notACursor();
      const rest = follow(tails, stream, { after, signal });
      return beginWith(
        [await state('workspace', after)],
        filled(rest, ({ seq }) => keepReading(() => state('workspaceGap', seq), signal)),
      );
    },

    async post(viewer, postId, signal) {
      // The stream's position is read before the post: what happens between the two is sent twice rather than never.
      const [position] = await prisma.$queryRaw<{ batchId: string; lastSeq: number }[]>`
        SELECT b.id AS "batchId", b."lastSeq" FROM posts p JOIN batches b ON b.id = p."batchId"
        WHERE p.id = ${postId}::uuid AND ${ownedRows(viewer, 'p')} AND b."deletedAt" IS NULL`;
      const post = await prisma.post.findUnique({ where: { id: postId, ...ownedBy(viewer) } });
      if (position === undefined || post === null) throw new NotFoundError('post', 'postId');
      const { batchId, lastSeq: after } = position;
      const first: PostState = { kind: 'post', seq: after, at: new Date(), post };
      if (isFinalPost(post)) return beginWith([first], nothing());
      return beginWith(
        [first],
        ofPost(follow(tails, log.stream(batchStreams, batchId), { after, signal }), postId),
      );
    },
  };
}

/** @param snapshot is emptied once it is sent, to free its rows: a subscription may last for hours. */
async function* beginWith<State>(snapshot: State[], rest: Updates<State>): Updates<State> {
  yield snapshot.splice(0);
  yield* rest;
}

async function* nothing(): Updates<never> {}

/** Replaces gaps of pruned events. @param fill reads the present state. */
async function* filled<State>(pages: Pages, fill: (gap: Gap) => Promise<State>): Updates<State> {
  for await (const page of pages) {
    const updates = Array.isArray(page) ? updatesOf(page) : [await fill(page)];
    if (updates.length > 0) yield updates;
  }
}

/** Picks the updates of one post, up to its end. */
async function* ofPost(all: Pages, postId: string): Updates<PostState> {
  for await (const page of all) {
    const own: StageUpdate[] = [];
    // A gap needs no snapshot: pruned events are older than the first one.
    for (const update of Array.isArray(page) ? updatesOf(page) : []) {
      if (update.kind === 'stage' && update.stage.subjectId === postId) own.push(update);
      if (update.kind !== 'event') continue;
      const { event } = update.entry;
      const isItsEnd = 'postId' in event ? event.postId === postId : event.type === 'BATCH_CANCELLED';
      if (!isItsEnd) continue;
      yield [...own, update];
      return;
    }
    if (own.length > 0) yield own;
  }
}

function isFinalPost({ status }: Post): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';
}

function notACursor(): InvalidInputError {
  return new InvalidInputError([{ path: 'after', message: 'is not a cursor of this subscription' }]);
}
