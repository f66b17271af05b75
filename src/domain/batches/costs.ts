import { maxExcerptCharacters, maxFindings } from '../checks/finding.ts';
import { judgedClauses, judgesOfCaption } from '../checks/judgement.ts';
import { highestCostMicros, type Price, type Usage } from '../money/pricing.ts';
import { angleFamilies, familiesOf } from '../plans/families.ts';
import { maxItemCharacters, type Item } from '../plans/item.ts';
import { asksOfWindow, expectedPlanUsage, hooksTold, planUsageAtMost } from '../plans/usage.ts';
import type { Variant } from '../plans/variants.ts';
import { itemsOfWindow } from '../plans/windows.ts';
import { channels } from '../posts/channels.ts';
import {
  captionUsageAtMost,
  expectedUsage,
  imageUsageAtMost,
  judgeUsageAtMost,
  maxCaptionTokens,
  type ImageQuality,
} from '../posts/usage.ts';
import type { Brief, Rewrite } from '../prompts/brief.ts';
import type { PlanBrief, PlanRequest } from '../prompts/plan.ts';

/** An order whose price is asked for. */
export type PricedOrder = {
  /** What its posts are written from, without what is each post's own. */
  brief: Omit<Brief, 'position' | 'postCount' | 'item' | 'regeneration'>;
  /** The posts of each item. */
  variants: readonly Variant[];
  itemCount: number;
  /** Whether it is planned first. Then posts of an item with the same image size share an image. */
  hasPlan: boolean;
  /** Whether the plan is there, and costs nothing more. */
  isPlanned: boolean;
  imageCandidates: number;
};

/** Whether captions with findings are written once more, and whether a model judges them by their brand. */
export type Checks = { rewrites: boolean; judges: boolean };

/** The prices of the models that may serve, in their order. */
export type ChainPrices = { text: readonly Price[]; image: readonly Price[] };

/**
 * What an order costs in millionths of a US dollar: as expected, at the first models, and at most, at the dearest ones, without
 * retries, and with a rewrite of each caption where captions with findings are written once more. What rows give of a plan is not known.
 */
export function costsOf(
  order: PricedOrder,
  { prices, imageQuality, checks }: { prices: ChainPrices; imageQuality: ImageQuality; checks: Checks },
): { expectedMicros: bigint; maximumMicros: bigint } {
  const { variants, itemCount, hasPlan, isPlanned, imageCandidates } = order;
  const drawn = hasPlan ? firstOfShapes(variants) : variants;
  const first = { text: prices.text.slice(0, 1), image: prices.image.slice(0, 1) };
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, one) => total + one, 0n);
  const ofItem = (at: ChainPrices, item: Item, caption: UsageOf, image: UsageOf) =>
    sum(variants.map((variant) => highestCostMicros(at.text, caption(briefOf(order, variant, item))))) +
    sum(drawn.map((variant) => highestCostMicros(at.image, image(briefOf(order, variant, item))))) *
      BigInt(imageCandidates);

  const expectedItem = ofItem(
    first,
    usualItem,
    (brief) => expectedUsage(brief, imageQuality).caption,
    (brief) => expectedUsage(brief, imageQuality).image,
  );
  const dearestItem = ofItem(prices, longestItem, captionUsageAtMost, (brief) =>
    imageUsageAtMost(brief, imageQuality),
  );
  const dearestChecks = variants
    .flatMap((variant) => checkUsagesAtMost(briefOf(order, variant, longestItem), checks))
    .map((usage) => highestCostMicros(prices.text, usage));
  const plan = hasPlan && !isPlanned ? windowSizes(itemCount) : [];
  const expectedPlan = plan.map((size) =>
    highestCostMicros(
      first.text,
      expectedPlanUsage(planBriefOf(order), requestOf(size, itemCount, usualItem)),
    ),
  );
  const dearestPlan = plan.map((size) =>
    highestCostMicros(
      prices.text,
      planUsageAtMost(planBriefOf(order), requestOf(size, itemCount, longestItem)),
    ),
  );
  return {
    expectedMicros: expectedItem * BigInt(itemCount) + sum(expectedPlan),
    maximumMicros:
      sum([dearestItem, ...dearestChecks]) * BigInt(itemCount) + sum(dearestPlan) * BigInt(asksOfWindow),
  };
}

/** The most tokens of each call that the checks of a caption may make: the rewrite, and both judgements of each caption. */
function checkUsagesAtMost(brief: Brief, { rewrites, judges }: Checks): Usage[] {
  const clauses = judges ? judgedClauses(brief.brandContent) : [];
  const judged = '漢'.repeat(channels[brief.channel].maxCaptionCharacters);
  const judgements = clauses.length === 0 ? 0 : judgesOfCaption * (rewrites ? 2 : 1);
  return [
    ...(rewrites ? [captionUsageAtMost(brief, longestRewrite)] : []),
    ...Array.from({ length: judgements }, () => judgeUsageAtMost(judged, clauses)),
  ];
}

type UsageOf = (brief: Brief) => Usage;

function firstOfShapes(variants: readonly Variant[]): Variant[] {
  const byShape = Map.groupBy(variants, ({ channel }) => channels[channel].imageSize);
  return [...byShape.values()].flatMap((those) => those.slice(0, 1));
}

function briefOf({ brief, variants, itemCount, hasPlan }: PricedOrder, variant: Variant, item: Item): Brief {
  const postCount = itemCount * variants.length;
  return { ...brief, ...variant, position: postCount, postCount, item: hasPlan ? item : undefined };
}

function planBriefOf({ brief, variants, itemCount }: PricedOrder): PlanBrief {
  return {
    ...brief,
    channels: [...new Set(variants.map(({ channel }) => channel))],
    languages: [...new Set(variants.map(({ language }) => language))],
    itemCount,
  };
}

/** How many items each window of a plan has. */
function windowSizes(itemCount: number): number[] {
  const windows = Math.ceil(itemCount / itemsOfWindow);
  return Array.from({ length: windows }, (_, index) =>
    Math.min(itemsOfWindow, itemCount - index * itemsOfWindow),
  );
}

function requestOf(size: number, itemCount: number, { hook }: Item): PlanRequest {
  const families = angleFamilies.toSorted((a, b) => b.length - a.length).slice(0, familiesOf(0).length);
  return {
    positions: Array.from({ length: size }, () => itemCount),
    given: [],
    families,
    taken: Array.from({ length: Math.min(hooksTold, itemCount) }, () => hook),
    instruction: null,
  };
}

/** An item as the planner is asked to make it. */
const usualItem: Item = {
  angle: 'a'.repeat(25),
  hook: 'a'.repeat(60),
  keyMessage: 'a'.repeat(80),
  scene: 'a'.repeat(80),
  audience: 'a'.repeat(30),
};

/** An item of as many bytes as its limits allow. */
const longestItem: Item = {
  angle: '漢'.repeat(maxItemCharacters.angle),
  hook: '漢'.repeat(maxItemCharacters.hook),
  keyMessage: '漢'.repeat(maxItemCharacters.keyMessage),
  scene: '漢'.repeat(maxItemCharacters.scene),
  audience: '漢'.repeat(maxItemCharacters.audience),
};

/** An answer of as many tokens as it may have, with as many findings as are kept. */
const longestRewrite: Rewrite = {
  caption: '漢'.repeat(maxCaptionTokens),
  findings: Array.from({ length: maxFindings }, () => ({
    code: 'FORBIDDEN_WORD',
    clause: 'vocabulary.forbidden.100',
    excerpt: '漢'.repeat(maxExcerptCharacters),
  })),
};
