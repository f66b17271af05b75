import { setTimeout as delay } from 'node:timers/promises';
import { startBenchApp } from '../support/app.ts';
import { runBatch, startBatch } from '../support/batch.ts';
import type { startInstantProvider } from '../support/instant-provider.ts';
import { quantile, round, type Target } from '../support/report.ts';
import type { startServices } from '../support/services.ts';
import { statementsOf } from '../../test/support/statements.ts';

/** How soon an idle worker calls the provider after the commit of a batch of one. */
export async function measurePickup(deps: {
  services: Awaited<ReturnType<typeof startServices>>;
  provider: Awaited<ReturnType<typeof startInstantProvider>>;
}): Promise<Target[]> {
  const { services, provider } = deps;
  const data = await services.fresh();
  await using app = await startBenchApp({ ...data, ...provider.settings });
  for (let index = 0; index < 20; index += 1) await runBatch(app, data.DATABASE_URL, 1);
  await provider.arrivalsMs();
  const samples: number[] = [];
  for (let index = 0; index < 100; index += 1) {
    // Idle, and at no fixed distance to any timer.
    await delay(20 + Math.random() * 40);
    const { statements } = await statementsOf(async () => {
      await startBatch(app, 1);
      await delay(60);
    });
    const commit = statements.find(({ text }) => text.startsWith('COMMIT'))?.answeredAtMs;
    const [first] = await provider.arrivalsMs();
    if (commit === undefined || first === undefined) throw new Error('a batch was not picked up');
    samples.push(first - commit);
  }
  const [p50, p95] = [quantile(samples, 0.5), quantile(samples, 0.95)];
  process.stdout.write(
    `idle pickup, 100 tries: median ${round(p50)} ms, p95 ${round(p95)} ms, worst ${round(Math.max(...samples))} ms\n`,
  );
  return [{ name: 'idle pickup p95, ms', value: round(p95), target: 10, better: 'lower' }];
}
