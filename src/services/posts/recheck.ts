import { checkCaption } from '../../domain/checks/check.ts';
import { findingSchema, tidied, type Finding, type FindingCode } from '../../domain/checks/finding.ts';
import type { Brief } from '../../domain/prompts/brief.ts';
import type { Transaction } from '../../store/database.ts';
import type { Post } from '../../store/generated/prisma/client.ts';
import { brandInBrief } from '../brands/brief.ts';

/** What is found when a caption is made, and nowhere else: it stands as long as the caption does. */
const ofMaking: ReadonlySet<FindingCode> = new Set(['TOO_LONG', 'NEAR_DUPLICATE', 'OFF_BRAND']);

/** Of these, what stands after an edit as long as the words that show it are there. */
const ofWords: ReadonlySet<FindingCode> = new Set(['NEAR_DUPLICATE', 'OFF_BRAND']);

/** What a person makes a post show. */
type Shown = { caption?: string | null | undefined; hashtags?: string[] | undefined };

/** Locks the batch of a post, because its findings are counted there. Comes before the post's own lock. */
export async function lockBatchOf(tx: Transaction, postId: string): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 FROM batches WHERE id = (SELECT "batchId" FROM posts WHERE id = ${postId}::uuid) FOR NO KEY UPDATE`;
}

/**
 * Checks by rules what a person makes a post show, and counts it in the batch. Both are locked by then.
 *
 * @returns the post's new findings; nothing if neither caption nor hashtags change.
 */
export async function recheck(
  tx: Transaction,
  post: Post,
  { caption = post.caption, hashtags = post.hashtags }: Shown,
): Promise<{ findings?: Finding[]; findingCodes?: string[] }> {
  if (caption === null || (caption === post.caption && hashtags === post.hashtags)) return {};
  const kept = findingSchema
    .array()
    .parse(post.findings)
    .filter(({ code, excerpt }) =>
      caption === post.caption
        ? ofMaking.has(code)
        : ofWords.has(code) && excerpt !== null && caption.includes(excerpt),
    );
  const found = await checkCaption({
    brief: await briefOf(tx, post),
    caption: { caption, hashtags },
    today: new Date(),
  });
  const findings = tidied([...kept, ...found]);
  const increment = Number(findings.length > 0) - Number(post.findingCodes.length > 0);
  if (increment !== 0)
    await tx.batch.update({ where: { id: post.batchId }, data: { foundCount: { increment } } });
  return { findings, findingCodes: [...new Set(findings.map(({ code }) => code))] };
}

/** What a post was to be written from, with the version of the brand that it keeps: findings cite its clauses. */
async function briefOf(tx: Transaction, post: Post): Promise<Brief> {
  const {
    campaignId,
    planItemId,
    position,
    channel,
    language,
    targetAudience,
    brandId,
    brandVersion: number,
  } = post;
  const { brand, description, tone, name } = await tx.campaign.findUniqueOrThrow({
    where: { id: campaignId },
  });
  const version =
    brandId === null || number === null
      ? null
      : await tx.brandVersion.findUnique({ where: { brandId_number: { brandId, number } } });
  const item = planItemId === null ? null : await tx.planItem.findUnique({ where: { id: planItemId } });
  return {
    brand,
    description,
    tone,
    targetAudience,
    language,
    channel,
    position,
    postCount: position,
    item:
      item === null
        ? undefined
        : {
            angle: item.angle ?? '',
            hook: item.hook ?? '',
            keyMessage: item.keyMessage ?? '',
            scene: item.scene ?? '',
            audience: item.audience ?? '',
          },
    ...brandInBrief(version?.content, channel, name),
  };
}
