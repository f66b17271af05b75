import { setTimeout as delay } from 'node:timers/promises';
import { statementsOf } from '../../test/support/statements.ts';
import { startBenchApp } from '../support/app.ts';
import { runBatch, startBatch } from '../support/batch.ts';
import type { InstantProvider } from '../support/instant-provider.ts';
import { quantile, round, spread, type Target } from '../support/report.ts';
import type { Services } from '../support/services.ts';

/** A post asks for a caption and an image. */
const callsOfAPost = 2;
/** After which a job that was not picked up is given up. */
const lostAfterMs = 10_000;

/** How soon an idle worker calls the provider after a batch of one begins to commit. A job that is late counts with all that it took. */
export async function measurePickup(deps: {
  services: Services;
  provider: InstantProvider;
  tries: number;
}): Promise<Target[]> {
  const { services, provider, tries } = deps;
  const data = await services.fresh();
  await using app = await startBenchApp({ ...data, ...provider.settings });
  for (let index = 0; index < 20; index += 1) await runBatch(app, data.DATABASE_URL, 1);
  await provider.arrivalsMs();
  const samples: number[] = [];
  let lost = 0;
  for (let index = 0; index < tries; index += 1) {
    // Idle, and at no fixed distance to any timer.
    await delay(20 + Math.random() * 40);
    const { result: arrivals, statements } = await statementsOf(async () => {
      await startBatch(app, 1);
      return arrivalsOfAPost(provider);
    });
    // From when it is sent: a worker may start before this process reads that it is done. The first commit is the
    // batch's own or an earlier one of housekeeping, which makes the time longer.
    const commit = statements.find(({ text }) => text.startsWith('COMMIT'))?.sentAtMs;
    if (commit === undefined) throw new Error('the commit of a batch was not seen');
    const [first] = arrivals;
    if (first === undefined) lost += 1;
    else samples.push(first - commit);
  }
  const p95 = quantile(samples, 0.95);
  process.stdout.write(
    `idle pickup, ${tries} tries: ${spread(samples)} ms, p95 ${round(p95)} ms, ${lost} lost\n`,
  );
  return [
    { name: 'idle pickup p95, ms', value: round(p95), target: 12, better: 'lower' },
    { name: `not picked up within ${lostAfterMs / 1_000} s`, value: lost, target: 0, better: 'lower' },
  ];
}

/** @returns when the calls of one post came; fewer of them where some are lost. */
async function arrivalsOfAPost(provider: InstantProvider): Promise<number[]> {
  const arrivals: number[] = [];
  const startedAt = performance.now();
  while (arrivals.length < callsOfAPost && performance.now() - startedAt < lostAfterMs) {
    await delay(20);
    arrivals.push(...(await provider.arrivalsMs()));
  }
  return arrivals;
}
