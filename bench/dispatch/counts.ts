import { startBenchApp } from '../support/app.ts';
import { runBatch, startBatch } from '../support/batch.ts';
import type { InstantProvider } from '../support/instant-provider.ts';
import { round, type Target } from '../support/report.ts';
import type { Services } from '../support/services.ts';
import { isFrame, statementsOf, type Statement } from '../../test/support/statements.ts';

type Deps = {
  services: Services;
  provider: InstantProvider;
};

/** How many statements a batch's start takes, whatever its size. In a process that runs no posts. */
export async function countStart({ services, provider }: Deps): Promise<Target[]> {
  await using app = await startBenchApp({
    ...(await services.fresh()),
    ...provider.settings,
    ROLE: 'api',
  });
  const counts = new Map<number, number>();
  for (const postCount of [100, 1000]) {
    // What pg-boss does by itself meanwhile can only add to a count: the least one is the request's own.
    const tries: Statement[][] = [];
    for (let index = 0; index < 5; index += 1) {
      const { statements } = await statementsOf(() => startBatch(app, postCount));
      tries.push([...statements]);
    }
    const least = tries.toSorted((a, b) => a.length - b.length)[0] ?? [];
    const commitAt = least.findIndex(({ text }) => text.startsWith('COMMIT'));
    const own = least.slice(0, commitAt).filter((statement) => !isFrame(statement));
    counts.set(postCount, own.length);
    process.stdout.write(
      `startBatch(${postCount}): ${own.length} statements between BEGIN and COMMIT, ${least.length - commitAt - 1} behind ` +
        `it for the fields that the request asked for\n`,
    );
  }
  const [hundred = Number.NaN, thousand = Number.NaN] = [100, 1000].map((count) => counts.get(count));
  return [
    { name: 'statements of startBatch(100)', value: hundred, target: 5, better: 'lower' },
    { name: 'more of them for 1000 than for 100', value: thousand - hundred, target: 0, better: 'lower' },
  ];
}

/** Statements a post, from the batch's start to its end: at full speed, and paced so that nothing is grouped. */
export async function countSteady({
  services,
  provider,
  posts: many,
}: Deps & { posts: number }): Promise<Target[]> {
  const targets: Target[] = [];
  for (const { name, posts, imagesPerMinute } of [
    { name: 'at full speed', posts: many, imagesPerMinute: '10000000' },
    { name: 'paced, 20 a second', posts: 120, imagesPerMinute: '1200' },
  ]) {
    const data = await services.fresh();
    await using app = await startBenchApp({
      ...data,
      ...provider.settings,
      IMAGES_PER_MINUTE: imagesPerMinute,
      POST_SLOTS: '50',
    });
    const { result, statements } = await statementsOf(() => runBatch(app, data.DATABASE_URL, posts));
    // The benchmark's own look at the batch goes through the same driver.
    const sent = statements.filter(({ text }) => !text.startsWith('SELECT status, "completedCount" +'));
    const own = sent.filter((statement) => !isFrame(statement)).length / posts;
    process.stdout.write(
      `${name}: ${round(own)} statements a post, ${round(sent.length / posts)} with BEGIN and COMMIT\n`,
    );
    targets.push(
      { name: `statements a post, ${name}`, value: round(own), target: 8, better: 'lower' },
      { name: `failed posts, ${name}`, value: result.failed, target: 0, better: 'lower' },
    );
  }
  return targets;
}
