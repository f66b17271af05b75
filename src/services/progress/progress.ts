import { InvalidInputError, NotFoundError } from '../../domain/errors/errors.ts';
import { follow, type Gap } from '../../events/follow.ts';
import type { EventLog, Stream } from '../../events/log.ts';
import type { Item, Tails } from '../../events/tail.ts';
import type { Database } from '../../store/database.ts';
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

export type Updates<State> = AsyncGenerator<(Item | State)[], void, undefined>;

/** Something to follow: its state as it is now, and from there on everything. */
export type Followable<State> = {
  first: State;
  /**
   * Pages of what there is at once; an empty one says that the reader has everything by now.
   *
   * @param after `seq` of the newest update that the reader has.
   * @param signal ends it at once.
   */
  follow(after: number, signal: AbortSignal): Updates<State>;
};

/** Live progress that misses nothing stored. */
export type Progress = {
  /**
   * A batch to its end.
   *
   * @param after the newest cursor that the reader has; 0 for none.
   * @throws NotFoundError for a batch that is not the viewer's; InvalidInputError for a cursor of the future.
   */
  batch(viewer: Viewer, batchId: string, after: number): Promise<Followable<BatchState>>;
  /** All batches of the viewer; has no end. @throws InvalidInputError for a cursor of the future. */
  user(viewer: Viewer, after: number): Promise<Followable<UserState>>;
  /** A post from now until it is final. @throws NotFoundError for a post that is not the viewer's. */
  post(viewer: Viewer, postId: string): Promise<Followable<PostState>>;
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

  async function* updates<State>(
    stream: Stream,
    options: { after: number; ends: boolean; signal: AbortSignal },
    fill: (gap: Gap) => Promise<State>,
  ): Updates<State> {
    for await (const page of follow(tails, stream, options)) {
      yield Array.isArray(page) ? page : [await fill(page)];
    }
  }

  return {
    async batch(viewer, batchId, after) {
      const find = async () => {
        const batch = await prisma.batch.findUnique({ where: { id: batchId, ...ownedBy(viewer) } });
        if (batch === null) throw new NotFoundError('batch', 'batchId');
        return batch;
      };
      const state = async (kind: BatchState['kind'], seq: number) => ({
        kind,
        seq,
        at: new Date(),
        batch: await find(),
      });
      const first = await state('batch', after);
      const { lastSeq, finishedAt } = first.batch;
      if (after > lastSeq) throw notACursor();
      if (finishedAt !== null && after === lastSeq) return { first, follow: nothing };
      const stream = log.batch(batchId);
      return {
        first,
        follow: (from, signal) =>
          updates(stream, { after: from, ends: true, signal }, ({ seq }) => state('batchGap', seq)),
      };
    },

    async user(viewer, after) {
      const state = async (kind: UserState['kind'], seq: number) => ({
        kind,
        seq,
        at: new Date(),
        batches: await unfinishedBatches(viewer),
      });
      const stream = log.user(viewer.workspaceId);
      if (after > (await stream.newest())) throw notACursor();
      return {
        first: await state('user', after),
        follow: (from, signal) =>
          updates(stream, { after: from, ends: false, signal }, ({ seq }) => state('userGap', seq)),
      };
    },

    async post(viewer, postId) {
      // The stream's end before the post: what happens between the two is told twice rather than never.
      const [place] = await prisma.$queryRaw<{ batchId: string; lastSeq: number }[]>`
        SELECT b.id AS "batchId", b."lastSeq" FROM posts p JOIN batches b ON b.id = p."batchId"
        WHERE p.id = ${postId}::uuid AND ${ownedRows(viewer, 'p')}`;
      const post = await prisma.post.findUnique({ where: { id: postId, ...ownedBy(viewer) } });
      if (place === undefined || post === null) throw new NotFoundError('post', 'postId');
      const { batchId, lastSeq: after } = place;
      const state = (seq: number): PostState => ({ kind: 'post', seq, at: new Date(), post });
      const first = state(after);
      if (isFinalPost(post)) return { first, follow: nothing };
      return {
        first,
        follow: (from, signal) => {
          const options = { after: from, ends: true, signal };
          return ofPost(
            updates(log.batch(batchId), options, async ({ seq }) => state(seq)),
            postId,
          );
        },
      };
    },
  };
}

async function* nothing(): Updates<never> {}

/** What concerns one post, up to its end. */
async function* ofPost(all: Updates<PostState>, postId: string): Updates<PostState> {
  for await (const page of all) {
    const own: (Item | PostState)[] = [];
    for (const update of page) {
      if (update.kind === 'stage' && update.stage.postId === postId) own.push(update);
      if (update.kind !== 'event') continue;
      const { event } = update.entry;
      const isItsEnd = 'postId' in event ? event.postId === postId : event.type === 'BATCH_CANCELLED';
      if (!isItsEnd) continue;
      yield [...own, update];
      return;
    }
    if (own.length > 0 || page.length === 0) yield own;
  }
}

function isFinalPost({ status }: Post): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';
}

function notACursor(): InvalidInputError {
  return new InvalidInputError([{ path: 'after', message: 'is not a cursor of this subscription' }]);
}
