import { startBenchApp } from '../support/app.ts';
import { runBatch } from '../support/batch.ts';
import { round, type Target } from '../support/report.ts';
import type { startServices } from '../support/services.ts';
import { startSimulator } from '../support/simulator.ts';
import { idealMs, lowerBoundMs } from './bound.ts';
import { timeScaleOf, type Cell } from './cells.ts';

/** Runs one batch in one world and compares it with the bound of that very run. */
export async function measureCell(
  services: Awaited<ReturnType<typeof startServices>>,
  cell: Cell,
  wallSeconds: number,
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
  const { elapsedMs, failed } = await runBatch(app, data.DATABASE_URL, cell.posts);
  const report = await simulator.report();
  const limit = { ...simulator.limits, slots: cell.slots };
  const boundMs = lowerBoundMs(report, limit);
  const ideal = idealMs(report, limit) / boundMs;
  const refused = report.rateLimited / report.received;
  const name = `${cell.posts} posts, ${cell.imagesPerMinute}/min, ${cell.slots} slots, ${cell.fixedLatency ? 'fixed' : 'log-normal'}`;
  process.stdout.write(
    `${name}: clock × ${round(1 / timeScale, 1)}; ${round(elapsedMs / 1000)} s, bound ${round(boundMs / 1000)} s, ` +
      `ratio ${round(elapsedMs / boundMs, 3)} (ideal ${round(ideal, 3)}), 429s ${round(refused * 100)} %, failed ${failed}\n`,
  );
  return [
    // Where no online scheduler could have come down to the bound, 1.05 of what it could is asked.
    {
      name: `ratio, ${name}`,
      value: round(elapsedMs / boundMs, 3),
      target: round(1.05 * Math.max(1, ideal), 3),
      better: 'lower',
    },
    { name: `429s, ${name}`, value: round(refused, 4), target: 0.01, better: 'lower' },
    { name: `failed, ${name}`, value: failed, target: 0, better: 'lower' },
  ];
}
