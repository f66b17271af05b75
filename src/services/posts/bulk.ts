import { z } from 'zod';
import { InvalidInputError, ServiceUnavailableError } from '../../domain/errors/errors.ts';
import { parseInput, text } from '../../domain/validation.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Changes, PostIds } from '../../cache/changes.ts';
import type { Bus } from '../../events/bus.ts';
import { announce } from '../../events/topics.ts';
import type { Database } from '../../store/database.ts';
import type { PostPart, PostReview } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { postFilterSchema, type MatchedPost, type PostFilter, type Posts } from './posts.ts';
import { remakePosts } from './remake.ts';

/** A post that matched and stayed as it was. */
export type SkippedPost = {
  postId: string;
  code: 'POST_STATE' | 'VERSION_CONFLICT' | 'SERVICE_UNAVAILABLE' | 'INTERNAL';
  message: string;
};

/** What became of the posts that matched a filter: each is done or skipped. */
export type BulkResult = { matchedCount: number; doneCount: number; skipped: SkippedPost[] };

/**
 * What people do to all posts that match a filter, at most 1,000. Works in parts, each done whole or not at all; if
 * a later part fails, the result names the posts that are left. May be repeated. All throw InvalidInputError.
 */
export type BulkEdits = {
  /** Approves or rejects completed posts, in the version that matched. Those that are so already stay as they are. */
  review(
    viewer: Viewer,
    input: {
      filter: PostFilter;
      review: Exclude<PostReview, 'UNREVIEWED'>;
      note?: string | null | undefined;
    },
  ): Promise<BulkResult>;
  /** Queues completed posts to be regenerated, but none of a cancelled batch. Their batches run again until that is done. */
  regenerate(
    viewer: Viewer,
    input: { filter: PostFilter; part: PostPart; instruction?: string | null | undefined },
  ): Promise<BulkResult>;
};

const mostPosts = 1_000;

/** One transaction changes this many: small enough not to hold up the embedded database. */
const postsAtOnce = 100;

/** Up to this many regenerated posts pass those that the workspace has ordered; more of them would fill the short lane. */
const mostShort = 10;

const filter = postFilterSchema.refine(
  ({ batchId, campaignId }) => batchId != null || campaignId != null,
  'must name a batch or a campaign',
);
const reviewSchema = z.object({
  filter,
  review: z.enum(['APPROVED', 'REJECTED']),
  note: text(1_000).nullish(),
});
const regenerateSchema = z.object({
  filter,
  part: z.enum(['CAPTION', 'IMAGE', 'BOTH']),
  instruction: text(1_000).nullish(),
});

export function createBulkEdits(deps: {
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
  posts: Pick<Posts, 'matching'>;
  logger: Logger;
}): BulkEdits {
  const { database, jobs, bus, changes, posts, logger } = deps;

  /** Does `work` to all posts that match, part by part. `work` returns what it skipped. */
  async function toEach(
    viewer: Viewer,
    parsed: z.output<typeof postFilterSchema>,
    work: (matched: MatchedPost[], matchedCount: number) => Promise<SkippedPost[]>,
  ): Promise<BulkResult> {
    const { posts: matched, matchedCount } = await posts.matching(viewer, parsed, mostPosts);
    if (matchedCount > mostPosts) {
      const message = `matches ${matchedCount} posts, but must match at most ${mostPosts}: narrow it by batch, status, review or time`;
      throw new InvalidInputError([{ path: 'input.filter', message }]);
    }
    const skipped: SkippedPost[] = [];
    for (let from = 0; from < matched.length; from += postsAtOnce) {
      try {
        skipped.push(...(await work(matched.slice(from, from + postsAtOnce), matchedCount)));
      } catch (error) {
        // Of the first part nothing was done, as the error says. Of a later one, the result tells what was done before.
        if (from === 0) throw error;
        skipped.push(...matched.slice(from).map(({ id: postId }) => ({ postId, ...whyOf(error) })));
        break;
      }
    }
    return { matchedCount, doneCount: matchedCount - skipped.length, skipped };
  }

  /** Why posts are left after an error. One that is not foreseen is logged. */
  function whyOf(error: unknown): Pick<SkippedPost, 'code' | 'message'> {
    if (error instanceof ServiceUnavailableError) return { code: error.code, message: error.message };
    logger.error({ err: error }, 'a part of a change of many posts failed');
    return { code: 'INTERNAL', message: 'The server failed before it came to this post. Try again.' };
  }

  return {
    review(viewer, input) {
      const { filter: wanted, review, note = null } = parseInput(reviewSchema, input);
      return toEach(viewer, wanted, async (matched) => {
        const ids = matched.map(({ id }) => id);
        const versions = matched.map(({ version }) => version);
        // Those of another version may say what nobody who wrote the filter has seen, or not match it any more.
        const found = await database.transaction(
          (tx) => tx.$queryRaw<(PostIds & { isSame: boolean; isCompleted: boolean })[]>`
            WITH locked AS (
              SELECT p.id, p."ownerId", p."campaignId", p."batchId", p.version = m.version AS "isSame", p.status = 'COMPLETED' AS "isCompleted"
              FROM posts p JOIN unnest(${ids}::uuid[], ${versions}::int[]) AS m(id, version) ON m.id = p.id
              ORDER BY p.id FOR UPDATE OF p
            ), changed AS (
              UPDATE posts p
              SET review = ${review}::"PostReview", "reviewNote" = ${note}, "reviewedAt" = now(), version = p.version + 1
              FROM locked l
              WHERE p.id = l.id AND l."isSame" AND l."isCompleted"
                AND (p.review <> ${review}::"PostReview" OR p."reviewNote" IS DISTINCT FROM ${note})
            )
            SELECT id AS "postId", "ownerId", "campaignId", "batchId", "isSame", "isCompleted" FROM locked`,
        );
        const isDone = (post: { isSame: boolean; isCompleted: boolean }) => post.isSame && post.isCompleted;
        changes.posts(found.filter(isDone));
        const states = new Map(found.map((post) => [post.postId, post]));
        return ids.flatMap((postId): SkippedPost[] => {
          const state = states.get(postId);
          if (state !== undefined && isDone(state)) return [];
          return state?.isCompleted === true
            ? [{ postId, code: 'VERSION_CONFLICT', message: 'The post has changed since it matched.' }]
            : [{ postId, code: 'POST_STATE', message: 'Only a completed post is reviewed.' }];
        });
      });
    },

    regenerate(viewer, input) {
      const { filter: wanted, part, instruction = null } = parseInput(regenerateSchema, input);
      return toEach(viewer, wanted, async (matched, matchedCount) => {
        const ids = matched.map(({ id }) => id);
        const isShort = matchedCount <= mostShort;
        const { refused, entries } = await database.transaction((tx) =>
          remakePosts(jobs, tx, ids, { part, instruction }, { isShort }),
        );
        changes.workspace(viewer.workspaceId);
        announce(bus, entries);
        return refused.map((post) => ({ ...post, code: 'POST_STATE' }));
      });
    },
  };
}
