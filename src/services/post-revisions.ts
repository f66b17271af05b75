import type { Database } from '../store/database.ts';
import type { PostRevision as PostRevisionRow } from '../store/generated/prisma/client.ts';
import type { Owner } from './ownership.ts';

/** One value that a field of a post has had. */
export type PostRevision = PostRevisionRow & {
  /** Whether the post shows it. */
  isCurrent: boolean;
};

/** @returns the newest revisions of each post, at most `first`, in the order of the ids. One statement. */
export async function newestRevisions(
  { prisma }: Database,
  owner: Owner,
  postIds: readonly string[],
  first: number,
): Promise<PostRevision[][]> {
  const rows = await prisma.$queryRaw<PostRevision[]>`
    SELECT revision.*, revision.number IN (post."captionRevision", post."hashtagsRevision", post."imageRevision")
             IS TRUE AS "isCurrent"
    FROM posts AS post CROSS JOIN LATERAL (
      SELECT * FROM post_revisions WHERE "postId" = post.id ORDER BY number DESC LIMIT ${first}
    ) AS revision
    WHERE post.id = ANY(${[...new Set(postIds)]}::uuid[]) AND post."ownerId" = ${owner.userId}::uuid`;
  const byPost = Map.groupBy(rows, ({ postId }) => postId);
  return postIds.map((id) => byPost.get(id) ?? []);
}
