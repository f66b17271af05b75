import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { startBenchApp } from '../support/app.ts';
import { runBatch } from '../support/batch.ts';
import { clockMs } from '../support/child.ts';
import type { startInstantProvider } from '../support/instant-provider.ts';
import { quantile, round, type Target } from '../support/report.ts';
import type { startServices } from '../support/services.ts';
import { openHandWritten } from './hand-written.ts';

const slots = 50;

/** Posts a second of Pressrun's worker and of a loop written by hand, by turns in one run. */
export async function measureThroughput(deps: {
  services: Awaited<ReturnType<typeof startServices>>;
  provider: Awaited<ReturnType<typeof startInstantProvider>>;
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
  await runBatch(app, data.DATABASE_URL, posts / 2);
  await byHand.run(posts / 2);
  for (let index = 0; index < rounds; index += 1) {
    const { elapsedMs } = await runBatch(app, data.DATABASE_URL, posts);
    pressrun.push((posts / elapsedMs) * 1000);
    const startedAtMs = clockMs();
    await byHand.run(posts);
    hand.push((posts / (clockMs() - startedAtMs)) * 1000);
    process.stdout.write(
      `${posts} posts, ${slots} slots: Pressrun ${round(pressrun.at(-1) ?? 0, 0)} a second, by hand ${round(hand.at(-1) ?? 0, 0)}\n`,
    );
  }
  await provider.arrivalsMs();
  const spread = (samples: number[]) =>
    `median ${round(quantile(samples, 0.5), 0)} (${round(Math.min(...samples), 0)} to ${round(Math.max(...samples), 0)})`;
  const ratio = round(quantile(pressrun, 0.5) / quantile(hand, 0.5));
  process.stdout.write(
    `posts a second: Pressrun ${spread(pressrun)}, by hand ${spread(hand)}, ratio ${ratio}\n`,
  );
  return [{ name: 'posts a second, of a loop by hand', value: ratio, target: 0.5, better: 'higher' }];
}
