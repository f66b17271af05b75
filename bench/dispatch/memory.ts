import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { startBenchApp } from '../support/app.ts';
import { runBatch } from '../support/batch.ts';
import type { InstantProvider } from '../support/instant-provider.ts';
import { round, type Target } from '../support/report.ts';
import type { Services } from '../support/services.ts';

const megabyte = 1024 * 1024;

/** Memory of the process at each tenth of one large batch, after a collection. */
export async function measureMemory(deps: {
  services: Services;
  provider: InstantProvider;
  posts: number;
}): Promise<Target[]> {
  const { services, provider, posts } = deps;
  setFlagsFromString('--expose-gc');
  const collect = z.function({ input: [], output: z.unknown() }).implement(runInNewContext('gc'));
  const data = await services.fresh();
  await using app = await startBenchApp({ ...data, ...provider.settings, POST_SLOTS: '50' });
  const heaps: number[] = [];
  const resident: number[] = [];
  const { failed } = await runBatch(app, data.DATABASE_URL, posts, (final) => {
    if (final < ((heaps.length + 1) * posts) / 10) return;
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    heaps.push(heapUsed / megabyte);
    resident.push(rss / megabyte);
    process.stdout.write(
      `${final} of ${posts} posts: heap ${round(heapUsed / megabyte, 1)} MB, resident ${round(rss / megabyte, 1)} MB\n`,
    );
  });
  await provider.arrivalsMs();
  const growth = (samples: number[]) => round((samples.at(-1) ?? Number.NaN) / (samples[0] ?? Number.NaN), 3);
  return [
    { name: 'heap, last tenth ÷ first', value: growth(heaps), target: 1.1, better: 'lower' },
    { name: 'resident memory, last tenth ÷ first', value: growth(resident), target: 1.1, better: 'lower' },
    { name: 'failed posts of a large batch', value: failed, target: 0, better: 'lower' },
  ];
}
