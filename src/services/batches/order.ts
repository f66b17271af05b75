import { createHash } from 'node:crypto';
import { z } from 'zod';
import { globalId } from '../../domain/ids.ts';
import { givenItemSchema } from '../../domain/plans/item.ts';
import { channelNames, type Channel } from '../../domain/posts/channels.ts';
import { languageSchema } from '../../domain/posts/languages.ts';
import { text } from '../../domain/validation.ts';
import type { BatchPriority } from '../../store/generated/prisma/client.ts';

/** Posts of a batch, with all channels and languages. */
export const maxPostsPerBatch = 10_000;
const maxLanguages = 20;
/** Images to choose from. */
const maxImageCandidates = 4;

/** What the posts of a new batch are to be. */
export type OrderInput = {
  /** Global id. */
  campaignId: string;
  /** The items. With several channels or languages, each has a post for every one of them. The number of rows by default. */
  postCount?: number | null | undefined;
  /** Those of the campaign by default. */
  channels?: readonly Channel[] | null | undefined;
  languages?: readonly string[] | null | undefined;
  /** 1 by default. */
  imageCandidates?: number | null | undefined;
};

export type StartBatchInput = OrderInput & {
  targetAudience?: string | null | undefined;
  /** US dollars. */
  maxCost?: number | null | undefined;
  /** NORMAL by default. */
  priority?: BatchPriority | null | undefined;
  idempotencyKey?: string | null | undefined;
  /** What is given of the items; the rest is planned. */
  rows?: readonly z.input<typeof givenItemSchema>[] | null | undefined;
  /** Whether a person approves the plan before posts are written. */
  review?: boolean | null | undefined;
};

/** A list whose entries stand in it once. */
const distinct = <T extends z.ZodType<string>>(entry: T, most: number) =>
  z
    .array(entry)
    .max(most, `must be at most ${most}`)
    .superRefine((values, context) => {
      for (const [index, value] of values.entries())
        if (values.indexOf(value) < index)
          context.addIssue({ code: 'custom', path: [index], message: 'must be named once' });
    })
    .nullish()
    .transform((values) => values ?? []);

const orderFields = {
  campaignId: globalId('Campaign'),
  postCount: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(maxPostsPerBatch, `must be at most ${maxPostsPerBatch}`)
    .nullish(),
  channels: distinct(z.enum(channelNames), channelNames.length),
  languages: distinct(languageSchema, maxLanguages),
  imageCandidates: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(maxImageCandidates, `must be at most ${maxImageCandidates}`)
    .nullish()
    .transform((count) => count ?? 1),
};

/** US dollars. The upper bound catches mistakes. */
export const maxCostSchema = z.number().positive('must be above 0').max(1_000_000, 'must be at most 1000000');

/** How many posts each item of an order has. */
function variantCount({
  channels,
  languages,
}: {
  channels: readonly unknown[];
  languages: readonly unknown[];
}): number {
  return Math.max(1, channels.length) * Math.max(1, languages.length);
}

/** Adds how many items there are, which the rows may say, and how many posts that makes. */
function withCounts<
  Order extends {
    postCount?: number | null | undefined;
    rows?: readonly unknown[] | null | undefined;
    channels: readonly unknown[];
    languages: readonly unknown[];
  },
>({ postCount, ...order }: Order, context: z.RefinementCtx) {
  const refuse = (path: string, message: string) => {
    context.addIssue({ code: 'custom', path: [path], message });
    return z.NEVER;
  };
  const itemCount = postCount ?? order.rows?.length;
  if (itemCount === undefined) return refuse('postCount', 'must be given where there are no rows');
  if (order.rows != null && order.rows.length !== itemCount)
    return refuse('postCount', `must be the number of rows, ${order.rows.length}`);
  const postsOfItem = variantCount(order);
  if (itemCount * postsOfItem > maxPostsPerBatch) {
    const message = `must be at most ${Math.floor(maxPostsPerBatch / postsOfItem)} for so many channels and languages: a batch has at most ${maxPostsPerBatch} posts`;
    return refuse('postCount', message);
  }
  return { ...order, itemCount, postCount: itemCount * postsOfItem };
}

/** What is quoted of an order. */
export const orderSchema = z.object(orderFields).transform(withCounts);

export const startBatchSchema = z
  .object({
    ...orderFields,
    targetAudience: text(500).nullish(),
    maxCost: maxCostSchema.nullish(),
    priority: z.enum(['LOW', 'NORMAL', 'HIGH']).nullish(),
    idempotencyKey: text(200).nullish(),
    rows: z
      .array(givenItemSchema)
      .min(1, 'must not be empty')
      .max(maxPostsPerBatch, `must be at most ${maxPostsPerBatch}`)
      .nullish(),
    review: z
      .boolean()
      .nullish()
      .transform((review) => review ?? false),
  })
  .transform(withCounts);

/** An order that may be made, as far as its input says. `postCount` counts all posts, `itemCount` those that are not variants. */
export type Order = z.output<typeof startBatchSchema>;

/** The hash of an order without plan and variants is that of the releases before them; so is one of NORMAL priority. */
export function hashOf(order: Omit<Order, 'idempotencyKey'>): string {
  const { campaignId, itemCount, targetAudience = null, maxCost = null, priority } = order;
  const { channels, languages, rows = null, review, imageCandidates } = order;
  const isPlain =
    channels.length === 0 && languages.length === 0 && rows === null && !review && imageCandidates === 1;
  const others = [
    ...(priority == null || priority === 'NORMAL' ? [] : [priority]),
    ...(isPlain ? [] : [{ channels, languages, rows, review, imageCandidates }]),
  ];
  return createHash('sha256')
    .update(JSON.stringify([campaignId, itemCount, targetAudience, maxCost, ...others]))
    .digest('hex');
}
