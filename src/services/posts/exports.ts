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
  return {
    async ofBatch(viewer, batchId) {
      const batch = await prisma.batch.findUnique({
        where: { id: batchId, ...ownedBy(viewer), deletedAt: null },
        select: { createdAt: true, campaign: { select: { channel: true } } },
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
                targetAudience: true,
                caption: true,
                hashtags: true,
                imageKey: true,
                errorCode: true,
                createdAt: true,
                finishedAt: true,
              },
            });
            for (const post of page) yield { ...post, channel: batch.campaign.channel };
            const last = page.at(-1);
            if (last === undefined || page.length < pageSize) return;
            after = last.position;
          }
        },
      };
    },
  };
}
