import { setTimeout as delay } from 'node:timers/promises';
import { startBenchApp } from '../support/app.ts';
import { runBatch } from '../support/batch.ts';
import { quantile, round, spread, type Target } from '../support/report.ts';
import type { Services } from '../support/services.ts';
import { startSimulator } from '../support/simulator.ts';
import { idealMs, lowerBoundMs } from './bound.ts';
import { timeScaleOf, type Cell } from './cells.ts';

/** Pressrun spends a second of a limit at once, and gets it back in a second. */
const burstRefillMs = 1_500;

/** Runs batches in one world, one after another, and compares each with the bound of that very run. */
export async function measureCell(
  services: Services,
  cell: Cell,
  { wallSeconds, rounds }: { wallSeconds: number; rounds: number },
): Promise<Target[]> {
  const timeScale = timeScaleOf(cell, wallSeconds);
  const data = await services.fresh();
  await using simulator = await startSimulator({ ...cell, timeScale });
  await using app = await startBenchApp({
    ...data,
    ...simulator.settings,
    POST_SLOTS: String(cell.slots),
    MAX_POST_SLOTS: String(cell.slots),
  });
  // A server that has run before: Prisma's plans and the JIT cost the first request half a second.
  await runBatch(app, data.DATABASE_URL, 2);
  await simulator.report();
  const limit = { ...simulator.limits, slots: cell.slots };
  const runs: { seconds: number; ratio: number; ideal: number; refused: number; failed: number }[] = [];
  for (let count = 0; count < rounds; count += 1) {
    // What the limits let go at once has to be full again, or the bound would be that of another world.
    if (count > 0) await delay(burstRefillMs);
    const { elapsedMs, failed } = await runBatch(app, data.DATABASE_URL, cell.posts);
    const report = await simulator.report();
    const boundMs = lowerBoundMs(report, limit);
    runs.push({
      seconds: elapsedMs / 1_000,
      ratio: elapsedMs / boundMs,
      ideal: idealMs(report, limit) / boundMs,
      refused: report.rateLimited / report.received,
      failed,
    });
  }
  const all = (key: keyof (typeof runs)[number]) => runs.map((run) => run[key]);
  const name = `${cell.posts} posts, ${cell.imagesPerMinute}/min, ${cell.slots} slots, ${cell.fixedLatency ? 'fixed' : 'log-normal'}`;
  process.stdout.write(
    `${name}: clock × ${round(1 / timeScale, 1)}; ${spread(all('seconds'))} s, ratio to the bound ${spread(all('ratio'), 3)} ` +
      `(ideal ${spread(all('ideal'), 3)}), 429s ${spread(all('refused'), 4)} of all calls, failed ${spread(all('failed'), 0)}\n`,
  );
  return [
    // Where no online scheduler could have come down to the bound, 1.05 of what it could is asked.
    {
      name: `ratio, ${name}`,
      value: round(quantile(all('ratio'), 0.5), 3),
      target: round(1.05 * Math.max(1, quantile(all('ideal'), 0.5)), 3),
      better: 'lower',
    },
    { name: `429s, ${name}`, value: round(Math.max(...all('refused')), 4), target: 0.01, better: 'lower' },
    { name: `failed, ${name}`, value: Math.max(...all('failed')), target: 0, better: 'lower' },
  ];
}
