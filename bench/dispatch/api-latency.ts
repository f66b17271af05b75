import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { openAccount } from '../support/app.ts';
import { runBatch, startBatch } from '../support/batch.ts';
import { startChild } from '../support/child.ts';
import type { InstantProvider } from '../support/instant-provider.ts';
import { startPressrun } from '../support/pressrun.ts';
import { peakMbOf, resetPeakOf } from '../support/process-usage.ts';
import { quantile, round, type Target } from '../support/report.ts';
import type { Services } from '../support/services.ts';

const perSecond = 50;

/**
 * How long other requests take while the same process, one of `npm start`, makes a batch, and its memory at most then: as fast as it can, and at a multiple of
 * the highest limit that OpenAI gives (250 images a minute).
 */
export async function measureApiLatency(deps: {
  services: Services;
  provider: InstantProvider;
  posts: number;
}): Promise<Target[]> {
  const targets: Target[] = [];
  for (const imagesPerMinute of [3_000, 10_000_000])
    targets.push(...(await measureAt(deps, imagesPerMinute)));
  return targets;
}

async function measureAt(
  { services, provider, posts }: Parameters<typeof measureApiLatency>[0],
  imagesPerMinute: number,
): Promise<Target[]> {
  const data = await services.fresh();
  await using pressrun = await startPressrun({
    ...data,
    ...provider.settings,
    IMAGES_PER_MINUTE: String(imagesPerMinute),
    POST_SLOTS: '200',
  });
  const url = `${pressrun.url}/graphql`;
  const app = await openAccount(url, 'bench@example.com');
  await using load = await startChild(
    new URL('../support/load-child.ts', import.meta.url),
    { url, token: app.token, batchId: await startBatch(app, 100), perSecond },
    { ready: z.object({}), report: z.object({ latenciesMs: z.array(z.number()) }) },
  );
  await delay(8_000); // Prisma's plans and the JIT: the first seconds are slower.
  const { latenciesMs: alone } = await load.report();
  resetPeakOf(pressrun.pid);
  const { elapsedMs, failed } = await runBatch(app, data.DATABASE_URL, posts);
  const { latenciesMs } = await load.report();
  const peakMb = round(peakMbOf(pressrun.pid), 0);
  await provider.arrivalsMs();
  const p95 = round(quantile(latenciesMs, 0.95), 1);
  process.stdout.write(
    `other requests, ${perSecond} a second, during a batch of ${posts} (${round(elapsedMs / 1000, 1)} s): ` +
      `median ${round(quantile(latenciesMs, 0.5), 1)} ms, p95 ${p95} ms, worst ${round(Math.max(...latenciesMs), 1)} ms of ` +
      `${latenciesMs.length}; without it p95 ${round(quantile(alone.slice(-200), 0.95), 1)} ms; ${peakMb} MB resident at most\n`,
  );
  const pace = `${round(posts / (elapsedMs / 1000), 0)} posts a second`;
  return [
    { name: `p95 of other requests at ${pace}, ms`, value: p95, target: 100, better: 'lower' },
    { name: `resident memory at most at ${pace}, MB`, value: peakMb, target: 300, better: 'lower' },
    { name: `failed posts at ${pace}`, value: failed, target: 0, better: 'lower' },
  ];
}
