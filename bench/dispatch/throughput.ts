import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { startBenchApp } from '../support/app.ts';
import { runBatch } from '../support/batch.ts';
import { clockMs } from '../support/child.ts';
import type { InstantProvider } from '../support/instant-provider.ts';
import { quantile, round, spread, type Target } from '../support/report.ts';
import type { Services } from '../support/services.ts';
import { openHandWritten } from './hand-written.ts';

const slots = 50;

/** Posts a second of Pressrun's worker and of a loop written by hand, by turns in one run. */
export async function measureThroughput(deps: {
  services: Services;
  provider: InstantProvider;
  posts: number;
  rounds: number;
}): Promise<Target[]> {
  const { services, provider, posts, rounds } = deps;
  const data = await services.fresh();
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(`${tmpdir()}/pressrun-bench-`);
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const app = opened.use(await startBenchApp({ ...data, ...provider.settings, POST_SLOTS: String(slots) }));
  const byHand = await openHandWritten(data.DATABASE_URL, provider.url, folder, slots);
  opened.defer(() => byHand.close());

  const pressrun: number[] = [];
  const hand: number[] = [];
  let failedPosts = 0;
  await runBatch(app, data.DATABASE_URL, posts / 2);
  await byHand.run(posts / 2);
  for (let index = 0; index < rounds; index += 1) {
    const { elapsedMs, failed } = await runBatch(app, data.DATABASE_URL, posts);
    failedPosts += failed;
    pressrun.push((posts / elapsedMs) * 1000);
    const startedAtMs = clockMs();
    await byHand.run(posts);
    hand.push((posts / (clockMs() - startedAtMs)) * 1000);
    process.stdout.write(
      `${posts} posts, ${slots} slots: Pressrun ${round(pressrun.at(-1) ?? 0, 0)} a second, by hand ${round(hand.at(-1) ?? 0, 0)}\n`,
    );
  }
  await provider.arrivalsMs();
  // Neighbours in time are compared, so that what else the machine does falls on both.
  const ratios = pressrun.map((ours, index) => ours / (hand[index] ?? Number.NaN));
  const ratio = round(quantile(ratios, 0.5));
  process.stdout.write(
    `posts a second: Pressrun ${spread(pressrun, 0)}, by hand ${spread(hand, 0)}, ratio ${spread(ratios)}\n`,
  );
  return [
    { name: 'posts a second, of a loop by hand', value: ratio, target: 0.65, better: 'higher' },
    { name: 'failed posts, at full speed beside it', value: failedPosts, target: 0, better: 'lower' },
  ];
}
