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
import { postFilterSchema, type PostFilter, type Posts } from './posts.ts';
import { remakePosts } from './remake.ts';

/** A post that matched and stayed as it was. */
export type SkippedPost = { postId: string; code: 'POST_STATE' | 'SERVICE_UNAVAILABLE'; message: string };

/** What became of the posts that matched a filter: each is done or skipped. */
export type BulkResult = { matchedCount: number; doneCount: number; skipped: SkippedPost[] };

/**
 * What people do to all posts that match a filter, at most 1,000. Works in parts, each done whole or not at all; if the
 * database goes away in between, the result names the posts that are left. May be repeated. All throw InvalidInputError.
 */
export type BulkEdits = {
  /** Approves or rejects completed posts, in the version that they have. Those that are so already stay as they are. */
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
}): BulkEdits {
  const { database, jobs, bus, changes, posts } = deps;

  /** Does `work` to all posts that match, part by part. `work` returns what it skipped. */
  async function toEach(
    viewer: Viewer,
    parsed: z.output<typeof postFilterSchema>,
    work: (postIds: string[], matchedCount: number) => Promise<SkippedPost[]>,
  ): Promise<BulkResult> {
    const { ids, matchedCount } = await posts.matching(viewer, parsed, mostPosts);
    if (matchedCount > mostPosts) {
      const message = `matches ${matchedCount} posts, but must match at most ${mostPosts}: narrow it by batch, status, review or time`;
      throw new InvalidInputError([{ path: 'input.filter', message }]);
    }
    const skipped: SkippedPost[] = [];
    for (let from = 0; from < ids.length; from += postsAtOnce) {
      try {
        skipped.push(...(await work(ids.slice(from, from + postsAtOnce), matchedCount)));
      } catch (error) {
        // Of the first part nothing was done, as the error says. Of a later one, the result tells what was done before.
        if (from === 0 || !(error instanceof ServiceUnavailableError)) throw error;
        const why = { code: error.code, message: error.message } as const;
        skipped.push(...ids.slice(from).map((postId) => ({ postId, ...why })));
        break;
      }
    }
    return { matchedCount, doneCount: matchedCount - skipped.length, skipped };
  }

  return {
    review(viewer, input) {
      const { filter: wanted, review, note = null } = parseInput(reviewSchema, input);
      return toEach(viewer, wanted, async (ids) => {
        const reviewed = await database.transaction(
          (tx) => tx.$queryRaw<PostIds[]>`
            WITH locked AS (
              SELECT id, "ownerId", "campaignId", "batchId" FROM posts
              WHERE id = ANY(${ids}::uuid[]) AND status = 'COMPLETED' ORDER BY id FOR UPDATE
            ), changed AS (
              UPDATE posts p
              SET review = ${review}::"PostReview", "reviewNote" = ${note}, "reviewedAt" = now(), version = p.version + 1
              FROM locked l
              WHERE p.id = l.id AND (p.review <> ${review}::"PostReview" OR p."reviewNote" IS DISTINCT FROM ${note})
            )
            SELECT id AS "postId", "ownerId", "campaignId", "batchId" FROM locked`,
        );
        changes.posts(reviewed);
        const done = new Set(reviewed.map(({ postId }) => postId));
        const message = 'Only a completed post is reviewed.';
        return ids.filter((id) => !done.has(id)).map((postId) => ({ postId, code: 'POST_STATE', message }));
      });
    },

    regenerate(viewer, input) {
      const { filter: wanted, part, instruction = null } = parseInput(regenerateSchema, input);
      return toEach(viewer, wanted, async (ids, matchedCount) => {
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
