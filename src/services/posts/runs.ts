import { z } from 'zod';
import { brandInBrief } from '../brands/brief.ts';
import { findingSchema } from '../../domain/checks/finding.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Item } from '../../domain/plans/item.ts';
import type { Brief } from '../../domain/prompts/brief.ts';
import type { Work } from '../../domain/runs/work.ts';
import type { Transaction } from '../../store/database.ts';
import type { Batch, PostPart } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { RunKind } from '../runs/kind.ts';
import { addRuns } from '../runs/queue.ts';
import type { PostResult, PostWork } from './results.ts';
import { writeResults } from './settle.ts';

const name = 'write-post';

/** Adds the runs of posts, which have none. Those of a paused batch get their jobs when it is resumed. */
export function addPostRuns(
  jobs: Jobs,
  tx: Transaction,
  { id: batchId, ownerId, campaignId, status }: Batch,
  postIds: readonly string[],
  { isShort = false } = {},
): Promise<void> {
  const runs = postIds.map((subjectId) => ({ kind: name, subjectId, campaignId, batchId, isShort }));
  return addRuns(jobs, tx, ownerId, runs, { areWaiting: status === 'RUNNING' });
}

/** What runs that write posts do to them. */
export function createPostRuns({ changes }: { changes: Changes }): RunKind<PostWork, PostResult> {
  return {
    name,
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

type BegunPost = Omit<Brief, 'regeneration' | 'item' | 'brandContent' | 'additions'> & {
  subjectId: string;
  campaignId: string;
  batchId: string;
  remakePart: PostPart | null;
  remakeCount: number;
  remakeInstruction: string | null;
  previousCaption: string | null;
  previousFindings: unknown;
  item: Item | null;
  brandId: string | null;
  brandVersion: number | null;
  brandContent: unknown;
  campaignName: string;
};

/** Marks posts as GENERATING. @returns those that were PENDING, with their brief. */
async function begin(tx: Transaction, works: readonly Work[]): Promise<PostWork[]> {
  const rows = await tx.$queryRaw<BegunPost[]>`
    UPDATE posts p
    SET status = 'GENERATING', "startedAt" = coalesce(p."startedAt", now())
    FROM batches b, campaigns c
         LEFT JOIN brands k ON k.id = c."brandId" LEFT JOIN brand_versions v ON v."brandId" = k.id AND v.number = k.version
    WHERE p.id = ANY(${works.map(({ subjectId }) => subjectId)}::uuid[]) AND p.status = 'PENDING'
      AND b.id = p."batchId" AND c.id = p."campaignId"
    RETURNING p.id AS "subjectId", p."campaignId", p."batchId", p."targetAudience", p.position, p."remakePart"::text AS "remakePart",
              p."remakeCount", p."remakeInstruction", p.caption AS "previousCaption", b."postCount", c.brand, c.description,
              c.tone::text AS tone, p.language, p.channel::text AS channel, p.findings AS "previousFindings",
              k.id AS "brandId", k.version AS "brandVersion", v.content AS "brandContent", c.name AS "campaignName",
              (SELECT jsonb_build_object('angle', i.angle, 'hook', i.hook, 'keyMessage', i."keyMessage", 'scene', i.scene,
                                         'audience', i.audience)
               FROM plan_items i WHERE i.id = p."planItemId" AND i."plannedAt" IS NOT NULL) AS item`;
  const posts = new Map(rows.map((row) => [row.subjectId, row]));
  return works.flatMap((work) => {
    const post = posts.get(work.subjectId);
    return post === undefined ? [] : [toWork(work, post)];
  });
}

function toWork(work: Work, { subjectId, campaignId, batchId, ...fields }: BegunPost): PostWork {
  const { remakePart, remakeCount, remakeInstruction, previousCaption, previousFindings, ...others } = fields;
  const { brandId, brandVersion, brandContent, campaignName, item, ...campaign } = others;
  const findings = findingSchema.array().parse(previousFindings);
  const regeneration = { number: remakeCount, instruction: remakeInstruction, previousCaption, findings };
  const brief = {
    ...campaign,
    item: item ?? undefined,
    ...brandInBrief(brandContent, campaign.channel, campaignName),
  };
  return {
    ...work,
    subjectId,
    campaignId,
    batchId,
    part: remakePart ?? 'BOTH',
    regenerationCount: remakeCount,
    brand: brandId === null || brandVersion === null ? null : { id: brandId, version: brandVersion },
    brief: remakePart === null ? brief : { ...brief, regeneration },
  };
}
