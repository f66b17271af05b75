import { startBenchApp } from '../support/app.ts';
import { runBatch } from '../support/batch.ts';
import { clockMs } from '../support/child.ts';
import { round, type Target } from '../support/report.ts';
import type { Services } from '../support/services.ts';
import { startSimulator } from '../support/simulator.ts';
import { lowerBoundMs } from './bound.ts';

/** The provider cuts its limit to a fifth when a tenth of the batch is done. */
export async function measureLimitCut(services: Services, posts: number): Promise<Target[]> {
  const [imagesPerMinute, slots, timeScale] = [250, 200, 0.5];
  const data = await services.fresh();
  await using simulator = await startSimulator({ imagesPerMinute, timeScale, fixedLatency: true });
  await using app = await startBenchApp({
    ...data,
    ...simulator.settings,
    POST_SLOTS: String(slots),
    MAX_POST_SLOTS: String(slots),
  });
  await runBatch(app, data.DATABASE_URL, 2);
  await simulator.report();
  const after = simulator.limits.imagesPerMinute / 5;
  let cutAtMs: number | undefined;
  const { startedAtMs, elapsedMs, failed } = await runBatch(app, data.DATABASE_URL, posts, async (final) => {
    if (cutAtMs !== undefined || final < posts * 0.1) return;
    cutAtMs = clockMs();
    await simulator.setImagesPerMinute(after);
  });
  if (cutAtMs === undefined) throw new Error('the batch ended before the limit was cut');
  const cut = { atMs: cutAtMs - startedAtMs, imagesPerMinute: after };
  const report = await simulator.report();
  const boundMs = lowerBoundMs(report, { ...simulator.limits, slots }, cut);
  const refused = report.calls.filter(({ status }) => status === 429).toSorted((a, b) => a.atMs - b.atMs);
  const [first, last] = [refused[0], refused.at(-1)];
  const longestRetryAfterMs = Math.max(0, ...refused.map(({ retryAfterMs }) => retryAfterMs));
  const adaptedMs = first === undefined || last === undefined ? 0 : last.atMs - first.atMs;
  const ratio = round(elapsedMs / boundMs, 3);
  process.stdout.write(
    `limit cut to a fifth after ${round(cut.atMs / 1000)} s, ${posts} posts: clock × ${1 / timeScale}; ` +
      `${round(elapsedMs / 1000)} s, bound ${round(boundMs / 1000)} s, ratio ${ratio}; 429s ${refused.length}, ` +
      `the last ${round(adaptedMs)} ms behind the first, longest retry-after ${longestRetryAfterMs} ms, failed ${failed}\n`,
  );
  return [
    { name: 'ratio, limit cut to a fifth', value: ratio, target: 1.15, better: 'lower' },
    {
      name: 'ms from the first 429 to the last, of one retry-after',
      value: round(adaptedMs),
      target: longestRetryAfterMs,
      better: 'lower',
    },
    { name: 'failed, limit cut', value: failed, target: 0, better: 'lower' },
  ];
}
