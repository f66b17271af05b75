import { findingSchema, type Finding } from '../../domain/checks/finding.ts';
import type { Channel } from '../../domain/posts/channels.ts';
import type { Database } from '../../store/database.ts';
import type { PostReview, PostStatus } from '../../store/generated/prisma/client.ts';
import { ownedBy, type Owner } from '../../store/ownership.ts';

/** One post as an export shows it. `imageKey` names its image in the asset store. */
export type ExportedPost = {
  id: string;
  position: number;
  status: PostStatus;
  review: PostReview;
  reviewNote: string | null;
  channel: Channel;
  targetAudience: string;
  caption: string | null;
  hashtags: string[];
  imageKey: string | null;
  errorCode: string | null;
  createdAt: Date;
  finishedAt: Date | null;
  language: string;
  altText: string | null;
  /** The angle of its plan item; null without a plan. */
  angle: string | null;
  findings: Finding[];
  /** The version of the brand that shaped its prompts; null without a brand. */
  brandVersion: number | null;
};

export type BatchExport = {
  /** The timestamp of the exported files, so that a repeated export has the same bytes. */
  createdAt: Date;
  /** All posts by position, read page by page as the consumer asks for them. Each call starts again. */
  posts(): AsyncGenerator<ExportedPost, void, undefined>;
};

export type Exports = {
  /** @returns undefined if the workspace has no such batch. */
  ofBatch(viewer: Owner, batchId: string): Promise<BatchExport | undefined>;
};

const pageSize = 200;

export function createExports({ prisma }: Database): Exports {
  async function anglesOf(
    posts: readonly { planItemId: string | null }[],
  ): Promise<Map<string, string | null>> {
    const ids = new Set(posts.flatMap(({ planItemId }) => (planItemId === null ? [] : [planItemId])));
    if (ids.size === 0) return new Map();
    const items = await prisma.planItem.findMany({
      where: { id: { in: [...ids] } },
      select: { id: true, angle: true },
    });
    return new Map(items.map(({ id, angle }) => [id, angle]));
  }

  return {
    async ofBatch(viewer, batchId) {
      const batch = await prisma.batch.findUnique({
        where: { id: batchId, ...ownedBy(viewer), deletedAt: null },
        select: { createdAt: true },
      });
      if (batch === null) return undefined;
      return {
        createdAt: batch.createdAt,
        async *posts() {
          let after = 0;
          for (;;) {
            const page = await prisma.post.findMany({
              where: { batchId, position: { gt: after } },
              orderBy: { position: 'asc' },
              take: pageSize,
              select: {
                id: true,
                position: true,
                status: true,
                review: true,
                reviewNote: true,
                channel: true,
                targetAudience: true,
                caption: true,
                hashtags: true,
                imageKey: true,
                errorCode: true,
                createdAt: true,
                finishedAt: true,
                language: true,
                altText: true,
                planItemId: true,
                findings: true,
                brandVersion: true,
              },
            });
            const angles = await anglesOf(page);
            for (const { planItemId, findings, ...post } of page)
              yield {
                ...post,
                angle: planItemId === null ? null : (angles.get(planItemId) ?? null),
                findings: findingSchema.array().parse(findings),
              };
            const last = page.at(-1);
            if (last === undefined || page.length < pageSize) return;
            after = last.position;
          }
        },
      };
    },
  };
}
