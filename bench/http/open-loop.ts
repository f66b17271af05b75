import { peakMbOf, resetPeakOf } from '../support/process-usage.ts';
import { quantile, round, spread, type Target } from '../support/report.ts';
import type { Load } from './load.ts';
import { check, type Checked } from './sides/answers.ts';
import type { Side } from './sides/answers.ts';

/** Of one round; times in milliseconds. */
type Latencies = Awaited<ReturnType<typeof measureRound>>;

/**
 * Latency at half of what it can do, 500 connections taking turns, and the memory that this takes. The hand-written server is asked in turn and in the
 * same way, so that what load, server and PostgreSQL on the same cores do to each other can be told from what Pressrun does. Of several rounds the median counts: where
 * the machine slows down after a capacity was measured, half of it is too much for a while.
 */
export async function measureOpenLoop(
  load: Load,
  sides: { pressrun: Side; handWritten: Side },
  { warmUpMs, openLoopMs, rounds }: { warmUpMs: number; openLoopMs: number; rounds: number },
): Promise<Target[]> {
  const names = ['handWritten', 'pressrun'] as const;
  const checked = {
    handWritten: await check(sides.handWritten, 'single'),
    pressrun: await check(sides.pressrun, 'single'),
  };
  resetPeakOf(sides.pressrun.pid);
  for (const name of names) await load.measure(checked[name], warmUpMs);
  const seen: Record<(typeof names)[number], Latencies[]> = { handWritten: [], pressrun: [] };
  for (let count = 0; count < rounds; count += 1) {
    for (const name of names) seen[name].push(await measureRound(load, checked[name], openLoopMs));
  }
  const of = (name: keyof typeof seen, what: keyof Latencies) => seen[name].map((one) => one[what]);
  for (const name of names) {
    const told = (what: keyof Latencies) => spread(of(name, what));
    process.stdout.write(
      `single, ${name}, ${spread(of(name, 'perSecond'), 0)} a second over 500 connections, medians of ${rounds} rounds: unloaded ` +
        `${told('unloaded')} ms, median ${told('p50')} ms, p95 ${told('p95')} ms, p99 ${told('p99')} ms, ` +
        `÷ unloaded ${told('ofP95')} and ${told('ofP99')}; of that the load's own clock up to ${told('late')} ms (p99)\n`,
    );
  }
  const median = (what: keyof Latencies) => round(quantile(of('pressrun', what), 0.5));
  const errors = of('pressrun', 'errors').reduce((sum, one) => sum + one, 0);
  const peakMb = round(peakMbOf(sides.pressrun.pid), 1);
  return [
    { name: 'p95 at half capacity ÷ unloaded p50', value: median('ofP95'), target: 4, better: 'lower' },
    { name: 'p99 at half capacity ÷ unloaded p50', value: median('ofP99'), target: 8, better: 'lower' },
    { name: 'errors at half capacity', value: errors, target: 0, better: 'lower' },
    { name: 'peak of resident memory at half capacity, MB', value: peakMb, target: 200, better: 'lower' },
  ];
}

async function measureRound(load: Load, checked: Checked, openLoopMs: number) {
  const alone = await load.ask(checked, { connections: 1, ms: openLoopMs / 10 });
  const perSecond = (await load.measure(checked, openLoopMs / 10)).perSecond / 2;
  const how = { connections: 500, ms: openLoopMs / 3, perSecond, settleMs: openLoopMs / 15 };
  const { latenciesMs, errors, lateMs } = await load.ask(checked, how);
  const unloaded = quantile(alone.latenciesMs, 0.5);
  const [p50 = 0, p95 = 0, p99 = 0] = [0.5, 0.95, 0.99].map((share) => quantile(latenciesMs, share));
  const late = quantile(lateMs, 0.99);
  return { perSecond, unloaded, p50, p95, p99, ofP95: p95 / unloaded, ofP99: p99 / unloaded, errors, late };
}
