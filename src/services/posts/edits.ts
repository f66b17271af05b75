import { z } from 'zod';
import { channels, lengthOn, type Channel } from '../../domain/posts/channels.ts';
import { faultOfHashtag, hashtagOf } from '../../domain/posts/content.ts';
import {
  InvalidInputError,
  NotFoundError,
  PostStateError,
  VersionConflictError,
} from '../../domain/errors/errors.ts';
import { globalId } from '../../domain/ids.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type {
  Post,
  PostField,
  PostPart,
  PostRevision,
  PostReview,
} from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import { ownedBy, ownedRows } from '../../store/ownership.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { createBatchChange } from '../batches/change.ts';
import { lockBatchOf, recheck } from './recheck.ts';
import { addPostRuns } from './runs.ts';
import { parseInput, text } from '../../domain/validation.ts';

/** The post to change, and the version of it that the person saw. */
type Target = {
  /** Global id. */
  postId: string;
  expectedVersion: number;
};

/**
 * What people do to posts. Every value of a field stays as a revision. A model never replaces what a person wrote, chose
 * or approved. All throw InvalidInputError, NotFoundError, PostStateError; those with `expectedVersion` throw
 * VersionConflictError if the post has changed since.
 */
export type PostEdits = {
  /** Replaces the caption, the hashtags or both. An approved post has to be approved again. */
  edit(
    viewer: Viewer,
    input: Target & { caption?: string | null | undefined; hashtags?: string[] | null | undefined },
  ): Promise<Post>;
  /** Shows another revision of a field. An approved post has to be approved again. */
  restore(viewer: Viewer, input: Target & { number: number }): Promise<Post>;
  /** Approves or rejects what the post shows. An approved post changes only when a person changes it. */
  review(
    viewer: Viewer,
    input: Target & { review: Exclude<PostReview, 'UNREVIEWED'>; note?: string | null | undefined },
  ): Promise<Post>;
  /**
   * Queues a completed post to be regenerated. Its batch runs again until that is done.
   *
   * @param input.part what to regenerate.
   * @param input.instruction what should be different.
   */
  regenerate(
    viewer: Viewer,
    input: { postId: string; part: PostPart; instruction?: string | null | undefined },
  ): Promise<Post>;
};

const target = { postId: globalId('Post'), expectedVersion: z.int().min(1, 'must be at least 1') };

const editSchema = z
  .object({ ...target, caption: text(2_200).nullish(), hashtags: z.array(z.string().trim()).nullish() })
  .refine(({ caption, hashtags }) => caption != null || hashtags != null, 'must change something');
const restoreSchema = z.object({ ...target, number: z.int() });
const reviewSchema = z.object({
  ...target,
  review: z.enum(['APPROVED', 'REJECTED']),
  note: text(1_000).nullish(),
});
const regenerateSchema = z.object({
  postId: globalId('Post'),
  part: z.enum(['CAPTION', 'IMAGE', 'BOTH']),
  instruction: text(1_000).nullish(),
});

type LockedPost = Post & { channel: Channel };

export function createPostEdits(deps: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
}): PostEdits {
  const { database, jobs, changes } = deps;
  const changeBatch = createBatchChange(deps);

  /** Locks the post, applies the fields that `work` returns, and checks what it shows then. @throws VersionConflictError for another version. */
  async function change(
    viewer: Viewer,
    { postId, expectedVersion }: { postId: string; expectedVersion: number },
    work: (tx: Transaction, post: LockedPost) => Promise<Omit<Partial<Post>, 'findings'>>,
  ): Promise<Post> {
    const changed = await database.transaction(async (tx) => {
      await lockBatchOf(tx, postId);
      const locked = await tx.$queryRaw<unknown[]>`
        SELECT 1 FROM posts p WHERE id = ${postId}::uuid AND ${ownedRows(viewer, 'p')} FOR UPDATE`;
      if (locked.length === 0) throw new NotFoundError('post', 'input.postId');
      const { campaign, ...post } = await tx.post.findUniqueOrThrow({
        where: { id: postId },
        include: { campaign: { select: { channel: true } } },
      });
      if (post.version !== expectedVersion) throw new VersionConflictError(post.version);
      if (post.caption === null)
        throw new PostStateError('A post without content can be neither edited nor reviewed.');
      const data = await work(tx, { ...post, channel: campaign.channel });
      const found = await recheck(tx, post, data);
      return tx.post.update({
        where: { id: postId },
        data: { ...data, ...found, version: { increment: 1 } },
      });
    });
    changes.posts([{ ...changed, postId }]);
    return changed;
  }

  return {
    edit(viewer, input) {
      const { caption, hashtags, ...seen } = parseInput(editSchema, input);
      return change(viewer, seen, async (tx, post) => {
        const tags = hashtags?.map(hashtagOf);
        checkFit(post.channel, caption, tags);
        const written: { field: PostField; text?: string; hashtags?: string[] }[] = [
          ...(caption == null ? [] : [{ field: 'CAPTION' as const, text: caption }]),
          ...(tags === undefined ? [] : [{ field: 'HASHTAGS' as const, hashtags: tags }]),
        ];
        const revisions = written.map((one, index) => ({
          ...one,
          postId: post.id,
          number: post.revisionCount + index + 1,
          author: 'PERSON' as const,
        }));
        await tx.postRevision.createMany({ data: revisions });
        return {
          ...resetReview,
          ...pin(
            post,
            written.map(({ field }) => field),
          ),
          revisionCount: post.revisionCount + written.length,
          ...Object.assign({}, ...revisions.map(shown)),
        };
      });
    },

    restore(viewer, input) {
      const { number, ...seen } = parseInput(restoreSchema, input);
      return change(viewer, seen, async (tx, post) => {
        const revision = await tx.postRevision.findUnique({
          where: { postId_number: { postId: post.id, number } },
        });
        if (revision === null) throw new NotFoundError('revision', 'input.number');
        return { ...resetReview, ...pin(post, [revision.field]), ...shown(revision) };
      });
    },

    review(viewer, input) {
      const { review, note, ...seen } = parseInput(reviewSchema, input);
      return change(viewer, seen, async () => ({ review, reviewNote: note ?? null, reviewedAt: new Date() }));
    },

    async regenerate(viewer, input) {
      const { postId, part, instruction } = parseInput(regenerateSchema, input);
      const post = await database.prisma.post.findUnique({ where: { id: postId, ...ownedBy(viewer) } });
      if (post === null) throw new NotFoundError('post', 'input.postId');
      await changeBatch({ id: post.batchId, ...ownedBy(viewer) }, async (tx, batch) => {
        if (batch.status === 'CANCELLED')
          throw new PostStateError('The posts of a cancelled batch are not made again.');
        const { count } = await tx.post.updateMany({
          where: { id: postId, status: 'COMPLETED' },
          data: {
            status: 'PENDING',
            remakePart: part,
            remakeInstruction: instruction ?? null,
            remakeCount: { increment: 1 },
            errorCode: null,
            errorMessage: null,
            finishedAt: null,
          },
        });
        if (count === 0) throw new PostStateError('Only a completed post is made again.');
        const reopened = await tx.batch.update({
          where: { id: batch.id },
          data: {
            completedCount: { decrement: 1 },
            finishedAt: null,
            status: batch.status === 'PAUSED' ? 'PAUSED' : 'RUNNING',
          },
        });
        await addPostRuns(jobs, tx, reopened, [postId], { isShort: true });
        return { type: 'POSTS_RETRIED', retriedCount: 1 };
      });
      return database.prisma.post.findUniqueOrThrow({ where: { id: postId } });
    },
  };
}

/** The review was of other content. */
const resetReview = { review: 'UNREVIEWED', reviewNote: null, reviewedAt: null } as const;

function pin(post: Post, fields: readonly PostField[]) {
  return { pinnedFields: [...new Set([...post.pinnedFields, ...fields])] };
}

/** The fields of a post that make it show a revision. */
function shown(
  revision: Pick<PostRevision, 'field' | 'number'> & { text?: string | null; hashtags?: string[] },
) {
  const { field, number, text: value = null, hashtags = [] } = revision;
  if (field === 'CAPTION') return { caption: value, captionRevision: number };
  if (field === 'HASHTAGS') return { hashtags, hashtagsRevision: number };
  return { imageKey: value, imageRevision: number };
}

/** @throws InvalidInputError for each field that breaks a limit of the channel. */
function checkFit(
  channel: Channel,
  caption: string | null | undefined,
  hashtags: readonly string[] | undefined,
): void {
  const { label, maxCaptionCharacters, maxHashtags } = channels[channel];
  const faults = [];
  if (caption != null && lengthOn(channel, caption) > maxCaptionCharacters) {
    const message = `must have at most ${maxCaptionCharacters} characters on ${label}`;
    faults.push({ path: 'input.caption', message });
  }
  if (hashtags !== undefined && hashtags.length > maxHashtags) {
    faults.push({ path: 'input.hashtags', message: `must be at most ${maxHashtags} on ${label}` });
  }
  hashtags?.forEach((tag, index) => {
    const message = faultOfHashtag(tag);
    if (message !== undefined) faults.push({ path: `input.hashtags.${index}`, message });
  });
  if (faults.length > 0) throw new InvalidInputError(faults);
}
