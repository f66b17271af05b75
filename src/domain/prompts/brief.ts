import type { Additions } from '../brands/additions.ts';
import type { BrandContent } from '../brands/brand.ts';
import type { Finding } from '../checks/finding.ts';
import type { Item } from '../plans/item.ts';
import type { Channel, Tone } from '../posts/channels.ts';

/** Everything a post is written from. */
export type Brief = {
  brand: string;
  description: string;
  tone: Tone;
  targetAudience: string;
  language: string;
  channel: Channel;
  /** Which post of the batch this is, from 1. */
  position: number;
  postCount: number;
  /** What the post is to say and show; undefined if its batch has no plan. */
  item?: Item | undefined;
  /** What the brand of the campaign asks; undefined if it has the text `brand` alone. */
  brandContent?: BrandContent | undefined;
  /** What is added to the caption of such a brand in code. */
  additions?: Additions | undefined;
  /** Set when a post is regenerated. */
  regeneration?: Regeneration | undefined;
};

export type Regeneration = {
  /** 1 for the first regeneration. */
  number: number;
  instruction: string | null;
  previousCaption: string | null;
  /** What stands against the previous caption. */
  findings?: readonly Finding[] | undefined;
};

/** A caption that the checks sent back, and why. */
export type Rewrite = { caption: string; findings: readonly Finding[] };
