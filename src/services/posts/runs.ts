import { z } from 'zod';
import type { Changes } from '../../cache/changes.ts';
import type { Brief } from '../../domain/posts/prompts.ts';
import type { Work } from '../../domain/runs/work.ts';
import type { Transaction } from '../../store/database.ts';
import type { PostPart } from '../../store/generated/prisma/client.ts';
import type { RunKind } from '../runs/kind.ts';
import type { PostResult, PostWork } from './results.ts';
import { writeResults } from './settle.ts';

/** What runs that write posts do to them. */
export function createPostRuns({ changes }: { changes: Changes }): RunKind<PostWork, PostResult> {
  return {
    name: 'write-post',
    payload: z.object({}),
    begin,
    async putBack(tx, postIds) {
      await tx.$executeRaw`
        UPDATE posts SET status = 'PENDING' WHERE id = ANY(${postIds}::uuid[]) AND status = 'GENERATING'`;
    },
    settle: writeResults,
    changed(works) {
      changes.posts(
        works.flatMap(({ ownerId, campaignId, batchId, subjectId: postId }) =>
          campaignId === null || batchId === null ? [] : [{ ownerId, campaignId, batchId, postId }],
        ),
      );
    },
  };
}

type BegunPost = Omit<Brief, 'regeneration'> & {
  id: string;
  campaignId: string;
  batchId: string;
  remakePart: PostPart | null;
  remakeCount: number;
  remakeInstruction: string | null;
  previousCaption: string | null;
};

/** Marks posts as GENERATING. @returns those that were PENDING, with their brief. */
async function begin(tx: Transaction, works: readonly Work[]): Promise<PostWork[]> {
  const rows = await tx.$queryRaw<BegunPost[]>`
    UPDATE posts p
    SET status = 'GENERATING', "startedAt" = coalesce(p."startedAt", now())
    FROM batches b, campaigns c
    WHERE p.id = ANY(${works.map(({ subjectId }) => subjectId)}::uuid[]) AND p.status = 'PENDING'
      AND b.id = p."batchId" AND c.id = p."campaignId"
    RETURNING p.id, p."campaignId", p."batchId", p."targetAudience", p.position, p."remakePart"::text AS "remakePart",
              p."remakeCount", p."remakeInstruction", p.caption AS "previousCaption", b."postCount", c.brand, c.description,
              c.tone::text AS tone, c.language, c.channel::text AS channel`;
  const posts = new Map(rows.map((row) => [row.id, row]));
  return works.flatMap((work) => {
    const post = posts.get(work.subjectId);
    return post === undefined ? [] : [toWork(work, post)];
  });
}

function toWork(work: Work, post: BegunPost): PostWork {
  const { id: _, campaignId, batchId, ...fields } = post;
  const { remakePart, remakeCount, remakeInstruction, previousCaption, ...brief } = fields;
  const regeneration = { number: remakeCount, instruction: remakeInstruction, previousCaption };
  return {
    ...work,
    campaignId,
    batchId,
    part: remakePart ?? 'BOTH',
    regenerationCount: remakeCount,
    brief: remakePart === null ? brief : { ...brief, regeneration },
  };
}
