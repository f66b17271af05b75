import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import { startBenchApp } from '../support/app.ts';
import { runBatch } from '../support/batch.ts';
import { startChild } from '../support/child.ts';
import { round, type Target } from '../support/report.ts';
import type { Services } from '../support/services.ts';
import { startSimulator } from '../support/simulator.ts';
import { lowerBoundMs, peakAboveLimit } from './bound.ts';

/** Two processes make one batch within one account's limits. */
export async function measureTwoInstances(services: Services, posts: number): Promise<Target[]> {
  const [imagesPerMinute, slots, timeScale] = [250, 200, 0.25];
  await using opened = new AsyncDisposableStack();
  const dataDir = await mkdtemp(`${tmpdir()}/pressrun-bench-`);
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const data = await services.fresh();
  const simulator = opened.use(await startSimulator({ imagesPerMinute, timeScale, fixedLatency: false }));
  const settings = {
    ...data,
    ...simulator.settings,
    POST_SLOTS: String(slots / 2),
    MAX_POST_SLOTS: String(slots),
  };
  const app = opened.use(await startBenchApp(settings));
  opened.use(
    await startChild(
      new URL('../support/worker-child.ts', import.meta.url),
      { ...settings, ROLE: 'worker', DATA_DIR: dataDir, JWT_SECRET: 'x'.repeat(32) },
      { ready: z.object({ url: z.string() }), report: z.unknown() },
    ),
  );
  await runBatch(app, data.DATABASE_URL, 2);
  await simulator.report();
  const { elapsedMs, failed } = await runBatch(app, data.DATABASE_URL, posts);
  const report = await simulator.report();
  const boundMs = lowerBoundMs(report, { ...simulator.limits, slots });
  const perMinute = simulator.limits.imagesPerMinute;
  const images = report.calls.filter(({ endpoint }) => endpoint === 'images').map(({ atMs }) => atMs);
  const peak = peakAboveLimit(images, perMinute);
  // One second's worth may go at once (admission's `burstSeconds`), and one call may be overtaken on its way.
  const allowed = perMinute / 60 + 1;
  const ratio = round(elapsedMs / boundMs, 3);
  process.stdout.write(
    `two instances, ${posts} posts, ${imagesPerMinute}/min: clock × ${1 / timeScale}; ${round(elapsedMs / 1000)} s, ` +
      `bound ${round(boundMs / 1000)} s, ratio ${ratio}, at most ${round(peak, 1)} calls ahead of the limit ` +
      `(burst ${round(allowed, 1)}), 429s ${report.rateLimited}, failed ${failed}\n`,
  );
  return [
    { name: 'ratio, two instances', value: ratio, target: 1.1, better: 'lower' },
    {
      name: 'calls ahead of the shared limit, of the burst and one',
      value: round(peak / allowed, 3),
      target: 1,
      better: 'lower',
    },
    { name: '429s, two instances', value: report.rateLimited, target: 0, better: 'lower' },
    { name: 'failed, two instances', value: failed, target: 0, better: 'lower' },
  ];
}
