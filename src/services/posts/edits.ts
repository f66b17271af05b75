import { z } from 'zod';
import { channels, fitsOn, maxCaptionCharacters } from '../../domain/posts/channels.ts';
import { faultOfHashtag, hashtagOf, maxAltTextCharacters } from '../../domain/posts/content.ts';
import {
  InvalidInputError,
  NotFoundError,
  PostStateError,
  VersionConflictError,
} from '../../domain/errors/errors.ts';
import { globalId } from '../../domain/ids.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import { announce } from '../../events/topics.ts';
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
import { lockBatchOf, recheck } from './recheck.ts';
import { remakePosts } from './remake.ts';
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
  /** Replaces caption, hashtags and alt text, or some of them. An approved post has to be approved again. */
  edit(
    viewer: Viewer,
    input: Target & {
      caption?: string | null | undefined;
      hashtags?: string[] | null | undefined;
      altText?: string | null | undefined;
    },
  ): Promise<Post>;
  /** Shows another revision of a field. An approved post has to be approved again. */
  restore(viewer: Viewer, input: Target & { number: number }): Promise<Post>;
  /** Shows another image. As `restore`, but for images alone: any other number is an InvalidInputError. */
  chooseImage(viewer: Viewer, input: Target & { number: number }): Promise<Post>;
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
  .object({
    ...target,
    caption: text(maxCaptionCharacters).nullish(),
    hashtags: z.array(z.string().trim()).nullish(),
    altText: text(maxAltTextCharacters).nullish(),
  })
  .refine(
    ({ caption, hashtags, altText }) => caption != null || hashtags != null || altText != null,
    'must change something',
  );
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

export function createPostEdits(deps: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
}): PostEdits {
  const { database, jobs, bus, changes } = deps;

  /** Locks the post, applies the fields that `work` returns, and checks what it shows then. @throws VersionConflictError for another version. */
  async function change(
    viewer: Viewer,
    { postId, expectedVersion }: { postId: string; expectedVersion: number },
    work: (tx: Transaction, post: Post) => Promise<Omit<Partial<Post>, 'findings'>>,
  ): Promise<Post> {
    const changed = await database.transaction(async (tx) => {
      await lockBatchOf(tx, postId);
      const locked = await tx.$queryRaw<unknown[]>`
        SELECT 1 FROM posts p WHERE id = ${postId}::uuid AND ${ownedRows(viewer, 'p')} FOR UPDATE`;
      if (locked.length === 0) throw new NotFoundError('post', 'input.postId');
      const post = await tx.post.findUniqueOrThrow({ where: { id: postId } });
      if (post.version !== expectedVersion) throw new VersionConflictError(post.version);
      if (post.caption === null)
        throw new PostStateError('A post without content can be neither edited nor reviewed.');
      const data = await work(tx, post);
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
      const { caption, hashtags, altText, ...seen } = parseInput(editSchema, input);
      return change(viewer, seen, async (tx, post) => {
        const tags = hashtags?.map(hashtagOf);
        checkFit(post, caption, tags);
        const written: { field: PostField; text?: string; hashtags?: string[] }[] = [
          ...(caption == null ? [] : [{ field: 'CAPTION' as const, text: caption }]),
          ...(tags === undefined ? [] : [{ field: 'HASHTAGS' as const, hashtags: tags }]),
          ...(altText == null ? [] : [{ field: 'ALT_TEXT' as const, text: altText }]),
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

    chooseImage(viewer, input) {
      const { number, ...seen } = parseInput(restoreSchema, input);
      return change(viewer, seen, async (tx, post) => {
        const image = await tx.postRevision.findUnique({
          where: { postId_number: { postId: post.id, number }, field: 'IMAGE' },
        });
        if (image === null) {
          const message = 'must be the number of a revision of the image';
          throw new InvalidInputError([{ path: 'input.number', message }]);
        }
        return { ...resetReview, ...pin(post, ['IMAGE']), ...shown(image) };
      });
    },

    review(viewer, input) {
      const { review, note, ...seen } = parseInput(reviewSchema, input);
      return change(viewer, seen, async () => ({ review, reviewNote: note ?? null, reviewedAt: new Date() }));
    },

    async regenerate(viewer, input) {
      const { postId, part, instruction = null } = parseInput(regenerateSchema, input);
      const post = await database.prisma.post.findUnique({ where: { id: postId, ...ownedBy(viewer) } });
      if (post === null) throw new NotFoundError('post', 'input.postId');
      const { refused, entries } = await database.transaction((tx) =>
        remakePosts(jobs, tx, [postId], { part, instruction }, { isShort: true }),
      );
      const [refusal] = refused;
      if (refusal !== undefined) throw new PostStateError(refusal.message);
      changes.workspace(post.ownerId);
      announce(bus, entries);
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
  if (field === 'ALT_TEXT') return { altText: value, altTextRevision: number };
  return { imageKey: value, imageRevision: number };
}

/**
 * Checks new values of a post by the limits of its channel. Where hashtags count with the caption, both are counted.
 *
 * @throws InvalidInputError for each field that breaks a limit.
 */
function checkFit(
  post: Pick<Post, 'channel' | 'caption' | 'hashtags'>,
  caption: string | null | undefined,
  hashtags: readonly string[] | undefined,
): void {
  const limits = channels[post.channel];
  const faults = [];
  const isLonger = caption != null || limits.countsHashtags;
  if (isLonger && !fitsOn(post.channel, caption ?? post.caption ?? '', hashtags ?? post.hashtags)) {
    const most = `${limits.maxCaptionCharacters} characters${limits.countsHashtags ? ' with its hashtags' : ''}`;
    const path = caption == null ? 'input.hashtags' : 'input.caption';
    const message =
      caption == null ? `leave the caption too long: at most ${most}` : `must have at most ${most}`;
    faults.push({ path, message: `${message} on ${limits.label}` });
  }
  if (hashtags !== undefined && hashtags.length > limits.maxHashtags) {
    faults.push({
      path: 'input.hashtags',
      message: `must be at most ${limits.maxHashtags} on ${limits.label}`,
    });
  }
  hashtags?.forEach((tag, index) => {
    const message = faultOfHashtag(tag);
    if (message !== undefined) faults.push({ path: `input.hashtags.${index}`, message });
  });
  if (faults.length > 0) throw new InvalidInputError(faults);
}
