import { z } from 'zod';
import { brandInBrief } from '../brands/brief.ts';
import { findingSchema } from '../../domain/checks/finding.ts';
import type { Changes } from '../../cache/changes.ts';
import type { Item } from '../../domain/plans/item.ts';
import type { Brief } from '../../domain/prompts/brief.ts';
import type { Work } from '../../domain/runs/work.ts';
import type { Transaction } from '../../store/database.ts';
import type { PostPart } from '../../store/generated/prisma/client.ts';
import type { Jobs } from '../../store/jobs/jobs.ts';
import type { RunKind } from '../runs/kind.ts';
import { addFollowers, postKind as name, sharesImage } from './release.ts';
import type { Made, PostResult, PostWork } from './results.ts';
import { writeResults } from './settle.ts';

/** What runs that write posts do to them. */
export function createPostRuns({
  jobs,
  changes,
}: {
  jobs: Jobs;
  changes: Changes;
}): RunKind<PostWork, PostResult> {
  return {
    name,
    payload: z.object({}),
    begin,
    async putBack(tx, postIds) {
      await tx.$executeRaw`
        UPDATE posts SET status = 'PENDING' WHERE id = ANY(${postIds}::uuid[]) AND status = 'GENERATING'`;
    },
    async settle(tx, ended) {
      // A failure does not know whether others wait for it.
      const awaited = ended.filter(({ result }) => result.status === 'FAILED' || result.hasFollowers);
      if (awaited.length > 0)
        await addFollowers(
          jobs,
          tx,
          awaited.map(({ work, result }) => ({
            postId: work.subjectId,
            isMade: result.status === 'COMPLETED',
          })),
        );
      return writeResults(tx, ended);
    },
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
  imageCandidates: number;
  brandId: string | null;
  brandVersion: number | null;
  brandContent: unknown;
  hasFollowers: boolean;
  sharedImage: Made<string> | null;
  campaignName: string;
};

/**
 * Marks posts as GENERATING. Findings are of the last caption that a model wrote and the post showed: where a person wrote or
 * chose the caption, a regeneration is told of none.
 *
 * @returns those that were PENDING, with their brief.
 */
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
              c.tone::text AS tone, p.language, p.channel::text AS channel, b."imageCandidates",
              CASE WHEN 'CAPTION' = ANY(p."pinnedFields") THEN '[]' ELSE p.findings END AS "previousFindings",
              k.id AS "brandId", k.version AS "brandVersion", v.content AS "brandContent", c.name AS "campaignName",
              (SELECT jsonb_build_object('angle', i.angle, 'hook', i.hook, 'keyMessage', i."keyMessage", 'scene', i.scene,
                                         'audience', i.audience)
               FROM plan_items i WHERE i.id = p."planItemId" AND i."plannedAt" IS NOT NULL) AS item,
              p."planItemId" IS NOT NULL AND (cardinality(b.channels) > 1 OR cardinality(b.languages) > 1) AS "hasFollowers",
              (SELECT jsonb_build_object('value', r.text, 'model', r.model, 'promptHash', r."promptHash")
               FROM posts o JOIN post_revisions r ON r."postId" = o.id AND r.number = o."imageRevision"
               WHERE p."remakePart" IS NULL AND ${sharesImage} AND r.model IS NOT NULL
               ORDER BY o.position LIMIT 1) AS "sharedImage"`;
  const posts = new Map(rows.map((row) => [row.subjectId, row]));
  return works.flatMap((work) => {
    const post = posts.get(work.subjectId);
    return post === undefined ? [] : [toWork(work, post)];
  });
}

function toWork(work: Work, { subjectId, campaignId, batchId, ...fields }: BegunPost): PostWork {
  const { remakePart, remakeCount, remakeInstruction, previousCaption, previousFindings, ...others } = fields;
  const {
    brandId,
    brandVersion,
    brandContent,
    campaignName,
    imageCandidates,
    item,
    hasFollowers,
    sharedImage,
    ...campaign
  } = others;
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
    part: remakePart ?? (sharedImage === null ? 'BOTH' : 'CAPTION'),
    hasFollowers,
    sharedImage: sharedImage ?? undefined,
    regenerationCount: remakeCount,
    imageCandidates,
    brand: brandId === null || brandVersion === null ? null : { id: brandId, version: brandVersion },
    brief: remakePart === null ? brief : { ...brief, regeneration },
  };
}
