import type { Finding } from '../../domain/checks/finding.ts';
import type { Caption } from '../../domain/posts/content.ts';
import type { Brief } from '../../domain/prompts/brief.ts';
import type { Work } from '../../domain/runs/work.ts';
import type { PostPart } from '../../store/generated/prisma/client.ts';

/** A post that this worker may write, and which parts of it are to be made. */
export type PostWork = Work & {
  campaignId: string;
  batchId: string;
  brief: Brief;
  part: PostPart;
  /** How often the post was regenerated, this run included; 0 while it is made for the first time. */
  regenerationCount: number;
  /** Whether other posts of its item may wait for its image. */
  hasFollowers: boolean;
  /** The image that it shares with another post of its item: it buys none of its own. */
  sharedImage: Made<string> | undefined;
  /** Images to choose from that are drawn when an image is wanted: 1 to 4. */
  imageCandidates: number;
  /** The version of the brand that shapes its prompts; null without a brand. */
  brand: { id: string; version: number } | null;
};

/** What a model made, and the SHA-256 of its prompt. */
export type Made<T> = { value: T; model: string; promptHash: string };

/** The parts that a run made. */
export type PostResult = {
  status: 'COMPLETED';
  caption?: Made<Caption> | undefined;
  image?: Made<string> | undefined;
  /** More images to choose from. The post shows the first. */
  candidates?: readonly Made<string>[] | undefined;
  /** What the checks still find in the caption. */
  findings?: readonly Finding[] | undefined;
  /** Whether other posts may wait for its image. */
  hasFollowers?: boolean | undefined;
  /** The version of the brand that shaped the prompts. */
  brand?: PostWork['brand'] | undefined;
};
