import { z } from 'zod';
import { readCampaign } from '../../src/demo/input/campaign.ts';
import { nearDuplicate, shinglesOf, similarity } from '../../src/domain/checks/similarity.ts';
import { diversityOf } from '../eval/metrics.ts';
import { round, type Target } from '../support/report.ts';
import type { Services } from '../support/services.ts';
import { costOf, openWorld, paidCalls, type World } from './world.ts';

const campaign = await readCampaign('examples/fernway.en.json');
const caption = z.object({ caption: z.string(), findingCodes: z.array(z.string()) });
const seconds = z.object({ seconds: z.coerce.number().nullable() });

const captionsOf = (world: World) =>
  world.rows(
    caption,
    `SELECT caption, "findingCodes" FROM posts WHERE status = 'COMPLETED' ORDER BY position`,
  );

const say = (line: string) => process.stdout.write(`${line}\n`);

/** A model that repeats itself: planned and checked, beside the same order without plan, checks and repetition. */
export async function repeats(services: Services, posts: number, timeScale: number): Promise<Target[]> {
  const faults = [{ kind: 'repetitive' as const, endpoint: 'chat' as const, probability: 0.5 }];
  await using plain = await openWorld(services, {
    timeScale,
    settings: { PLANNING: 'off', REWRITING: 'off' },
    faults: [],
  });
  const alone = await plain.order(campaign, { postCount: posts });
  const plainCost = await costOf(plain);
  await using world = await openWorld(services, { timeScale, settings: { PLANNING: 'on' }, faults });
  const planned = await world.order(campaign, { postCount: posts });
  const cost = await costOf(world);
  const made = (await captionsOf(world)).map((one) => one.caption);
  const pieces = made.map(shinglesOf);
  const pairs = pieces.flatMap((a, index) =>
    pieces.slice(index + 1).filter((b) => similarity(a, b) >= nearDuplicate),
  ).length;
  const { repeatedOpenings, meanSimilarity } = diversityOf(made, campaign.language);
  const [call] = await world.rows(
    seconds,
    `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY "latencyMs") / 1000.0 AS seconds
     FROM provider_calls WHERE step LIKE 'plan:%' AND status = 'SETTLED'`,
  );
  const bound = alone.firstPostSeconds * 1.2 + (call?.seconds ?? 0);
  const [plans, rewrites] = [await paidCalls(world, 'plan:%'), await paidCalls(world, '%:rewrite')];
  const planted = world.violations().length;
  say(
    `${posts} posts, the model repeats itself in half of its answers (${planted} planted): ${pairs} pairs alike, ` +
      `mean similarity ${round(meanSimilarity, 3)}, ${plans} calls to plan, ${rewrites} rewrites; $${round(cost, 4)}, without $${round(plainCost, 4)}; ` +
      `first post after ${round(planned.firstPostSeconds)} s, without ${round(alone.firstPostSeconds)} s and a planning call of ${round(call?.seconds ?? 0)} s; ` +
      `in all ${round(planned.seconds)} s, without ${round(alone.seconds)} s`,
  );
  return [
    { name: 'completed posts', value: made.length, target: posts, better: 'higher' },
    { name: 'pairs that are nearly the same', value: pairs, target: 0, better: 'lower' },
    { name: 'share of repeated openings', value: round(repeatedOpenings, 3), target: 0.02, better: 'lower' },
    {
      name: 'cost, to the order without plan and checks',
      value: round(cost / plainCost, 3),
      target: 1.1,
      better: 'lower',
    },
    {
      name: 'first post, of what it may take',
      value: round(planned.firstPostSeconds / bound),
      target: 1,
      better: 'lower',
    },
  ];
}

const codesOf: Readonly<Record<string, readonly string[]>> = {
  off_brand: ['FORBIDDEN_WORD', 'OFF_BRAND'],
  invented_price: ['INVENTED_PRICE', 'INVENTED_NUMBER'],
  wrong_language: ['WRONG_LANGUAGE'],
  too_long: ['TOO_LONG'],
};

/** A model that breaks rules: what it did is mended, or stands as a finding. */
export async function violations(services: Services, posts: number, timeScale: number): Promise<Target[]> {
  const kinds = ['off_brand', 'invented_price', 'wrong_language', 'too_long'] as const;
  const faults = kinds.map((kind) => ({ kind, endpoint: 'chat' as const, probability: 0.3, rewrites: true }));
  await using world = await openWorld(services, { timeScale, settings: { PLANNING: 'on' }, faults });
  const brand = { vocabulary: { forbidden: ['cheap', 'ultimate', 'discount'] } };
  await world.order({ ...campaign, channel: 'X' }, { postCount: posts }, brand);
  const made = await captionsOf(world);
  const planted = world.violations();
  let standing = 0;
  let unseen = 0;
  for (const { caption: text, findingCodes } of made) {
    const plain = text.replace(/…$/, '');
    for (const one of planted) {
      if (!(plain === one.text || (plain.length > 40 && one.text.startsWith(plain)))) continue;
      standing += 1;
      if (findingCodes.some((code) => codesOf[one.kind]?.includes(code))) continue;
      unseen += 1;
      say(`unseen ${one.kind}: ${one.excerpt} | ${findingCodes.join(', ')} | ${text.slice(0, 200)}`);
    }
  }
  const found = made.filter(({ findingCodes }) => findingCodes.length > 0).length;
  const rewrites = await paidCalls(world, '%:rewrite');
  say(
    `${posts} posts, ${planted.length} violations planted (also in rewrites): ${rewrites} rewrites, ${found} posts with findings at the end, ` +
      `${standing} planted captions stand, ${unseen} of them unseen`,
  );
  return [
    { name: 'completed posts', value: made.length, target: posts, better: 'higher' },
    { name: 'violations that were planted', value: planted.length, target: 1, better: 'higher' },
    { name: 'violations that nobody is told of', value: unseen, target: 0, better: 'lower' },
  ];
}

/** Items on three channels in two languages, which share their images. */
export async function variants(services: Services, items: number, timeScale: number): Promise<Target[]> {
  await using world = await openWorld(services, { timeScale, settings: { PLANNING: 'on' }, faults: [] });
  const { seconds: took } = await world.order(campaign, {
    postCount: items,
    channels: ['INSTAGRAM', 'LINKEDIN', 'X'],
    languages: ['en', 'de'],
  });
  const made = await captionsOf(world);
  const images = await paidCalls(world, 'image%');
  const cost = await costOf(world);
  const [image] = await world.rows(
    z.object({ cost: z.coerce.number() }),
    `SELECT avg("costMicros") / 1000000.0 AS cost FROM provider_calls WHERE step LIKE 'image%' AND status = 'SETTLED'`,
  );
  const all = cost + (made.length - images) * (image?.cost ?? 0);
  const tooLong = made.filter(({ findingCodes }) => findingCodes.includes('TOO_LONG')).length;
  say(
    `${items} items on 3 channels in 2 languages: ${made.length} posts, ${images} images, $${round(cost, 4)}; an image for each post would make $${round(all, 4)}; ${round(took)} s; ${tooLong} too long`,
  );
  return [
    { name: 'completed posts', value: made.length, target: items * 6, better: 'higher' },
    { name: 'images, to items × shapes', value: round(images / (items * 2), 3), target: 1, better: 'lower' },
    { name: 'posts beyond their channel', value: tooLong, target: 0, better: 'lower' },
  ];
}
