import { InvalidInputError, NotFoundError } from '../../domain/errors/errors.ts';
import { follow, type Gap, type Pages } from '../../events/follow.ts';
import type { EventLog } from '../../events/log.ts';
import type { Item, Tails } from '../../events/tail.ts';
import type { Database } from '../../store/database.ts';
import { keepReading } from '../../store/keep-trying.ts';
import type { Batch, Post } from '../../store/generated/prisma/client.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { ownedBy, ownedRows } from '../../store/ownership.ts';

type At = { seq: number; at: Date };

/** What was followed, as it is now: sent first, and wherever history is pruned. */
export type BatchState = At & { kind: 'batch' | 'batchGap'; batch: Batch };
export type UserState = At & { kind: 'user' | 'userGap'; batches: Batch[] };
export type PostState = At & { kind: 'post'; post: Post };

/** One thing that a reader is told. `seq` is the cursor to resume from. */
export type BatchUpdate = Item | BatchState | PostState;
export type Update = BatchUpdate | UserState;

/** The state as it is now, and from there on everything; in pages of what there is at once. */
export type Updates<State> = AsyncGenerator<(Item | State)[], void, undefined>;

/**
 * Live progress that misses nothing stored. While the database is away, it is asked again for three seconds.
 * `signal` ends the updates at once.
 */
export type Progress = {
  /**
   * A batch to its end.
   *
   * @param after the newest cursor that the reader has; 0 for none.
   * @throws NotFoundError for a batch that is not the viewer's; InvalidInputError for a cursor of the future.
   */
  batch(viewer: Viewer, batchId: string, after: number, signal: AbortSignal): Promise<Updates<BatchState>>;
  /** All batches of the viewer; has no end. @throws InvalidInputError for a cursor of the future. */
  user(viewer: Viewer, after: number, signal: AbortSignal): Promise<Updates<UserState>>;
  /** A post from now until it is final. @throws NotFoundError for a post that is not the viewer's. */
  post(viewer: Viewer, postId: string, signal: AbortSignal): Promise<Updates<PostState>>;
};

/** An account's unfinished batches that a snapshot shows. */
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
    async batch(viewer, batchId, after, signal) {
      const state = async (kind: BatchState['kind'], seq: number): Promise<BatchState> => {
        const batch = await prisma.batch.findUnique({ where: { id: batchId, ...ownedBy(viewer) } });
        if (batch === null) throw new NotFoundError('batch', 'batchId');
        return { kind, seq, at: new Date(), batch };
      };
      const first = await state('batch', after);
      const { lastSeq, finishedAt } = first.batch;
      if (after > lastSeq) throw notACursor();
      if (finishedAt !== null && after === lastSeq) return beginWith([first], nothing());
      const stream = log.batch(batchId);
      const rest = follow(tails, stream, { after, ends: true, signal });
      return beginWith(
        [first],
        filled(rest, ({ seq }) => keepReading(() => state('batchGap', seq), signal)),
      );
    },

    async user(viewer, after, signal) {
      const state = async (kind: UserState['kind'], seq: number): Promise<UserState> => ({
        kind,
        seq,
        at: new Date(),
        batches: await unfinishedBatches(viewer),
      });
      const stream = log.user(viewer.workspaceId);
      if (after > (await stream.newest())) throw notACursor();
      const rest = follow(tails, stream, { after, ends: false, signal });
      return beginWith(
        [await state('user', after)],
        filled(rest, ({ seq }) => keepReading(() => state('userGap', seq), signal)),
      );
    },

    async post(viewer, postId, signal) {
      // The stream's end before the post: what happens between the two is told twice rather than never.
      const [place] = await prisma.$queryRaw<{ batchId: string; lastSeq: number }[]>`
        SELECT b.id AS "batchId", b."lastSeq" FROM posts p JOIN batches b ON b.id = p."batchId"
        WHERE p.id = ${postId}::uuid AND ${ownedRows(viewer, 'p')}`;
      const post = await prisma.post.findUnique({ where: { id: postId, ...ownedBy(viewer) } });
      if (place === undefined || post === null) throw new NotFoundError('post', 'postId');
      const { batchId, lastSeq: after } = place;
      const first: PostState = { kind: 'post', seq: after, at: new Date(), post };
      if (isFinalPost(post)) return beginWith([first], nothing());
      return beginWith(
        [first],
        ofPost(follow(tails, log.batch(batchId), { after, ends: true, signal }), postId),
      );
    },
  };
}

/** @param snapshot is emptied when it is told: it holds rows, and a subscription lasts for hours. */
async function* beginWith<State>(snapshot: State[], rest: Updates<State>): Updates<State> {
  yield snapshot.splice(0);
  yield* rest;
}

async function* nothing(): Updates<never> {}

/** @param fill reads what was followed as it is now, where history is pruned. */
async function* filled<State>(pages: Pages, fill: (gap: Gap) => Promise<State>): Updates<State> {
  for await (const page of pages) yield Array.isArray(page) ? page : [await fill(page)];
}

/** What concerns one post, up to its end. */
async function* ofPost(all: Pages, postId: string): Updates<PostState> {
  for await (const page of all) {
    const own: Item[] = [];
    // What is pruned lies before the snapshot.
    for (const update of Array.isArray(page) ? page : []) {
      if (update.kind === 'stage' && update.stage.postId === postId) own.push(update);
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
