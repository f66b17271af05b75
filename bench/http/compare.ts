import { peakMbOf, resetPeakOf } from '../support/process-usage.ts';
import { quantile, round, spread, type Target } from '../support/report.ts';
import type { Figures, Load } from './load.ts';
import { checkAll, type Side } from './sides/answers.ts';
import type { Shape } from './sides/shapes.ts';
import { sideNames, type SideName } from './sides/sides.ts';

type Durations = { warmUpMs: number; roundMs: number; rounds: number };

/** The least that Pressrun has to be, by CPU: of the hand-written server, of that from the cache, of Apollo Server on the same SQL. */
const least: Record<
  Exclude<Shape, 'hello'>,
  { ofHandWritten: number; fromCache: number; ofApollo: number }
> = {
  single: { ofHandWritten: 0.4, fromCache: 2, ofApollo: 1.8 },
  list: { ofHandWritten: 0.45, fromCache: 8, ofApollo: 2 },
  pages: { ofHandWritten: 0.45, fromCache: 8, ofApollo: 2 },
};
/** MB. */
const mostResident = 200;

/** Compares all sides in all shapes, and judges the memory that Pressrun took meanwhile. */
export async function compareAll(
  load: Load,
  sides: Record<SideName, Side>,
  shapes: readonly Shape[],
  durations: Durations,
): Promise<Target[]> {
  const ours = ['pressrun', 'cached'] as const;
  for (const name of ours) resetPeakOf(sides[name].pid);
  const targets: Target[] = [];
  for (const shape of shapes) targets.push(...(await compare(load, sides, shape, durations)));
  for (const name of ours) {
    const what = name === 'cached' ? 'with the cache' : 'without the cache';
    targets.push({
      name: `peak of resident memory ${what}, MB`,
      value: round(peakMbOf(sides[name].pid), 1),
      target: mostResident,
      better: 'lower',
    });
  }
  return targets;
}

async function compare(
  load: Load,
  sides: Record<SideName, Side>,
  shape: Shape,
  { warmUpMs, roundMs, rounds }: Durations,
): Promise<Target[]> {
  const checked = await checkAll(sides, sideNames, shape);
  for (const one of checked.values()) await load.measure(one, warmUpMs, true);
  const seen = new Map(sideNames.map((name) => [name, new Array<Figures>()]));
  for (let count = 0; count < rounds; count += 1) {
    for (const [name, one] of checked) seen.get(name)?.push(await load.measure(one, roundMs, true));
  }
  const of = (name: SideName, what: keyof Figures) => (seen.get(name) ?? []).map((one) => one[what]);
  for (const name of sideNames) {
    process.stdout.write(
      `${shape}, ${name}: CPU ms a request ${spread(of(name, 'cpuMs'), 3)}, requests a second ${spread(of(name, 'perSecond'), 0)}\n`,
    );
  }
  // Neighbours in time are compared, so that what else the machine does falls on both.
  const times = (own: SideName, other: SideName) => {
    const theirs = of(other, 'cpuMs');
    return of(own, 'cpuMs').map((cpuMs, index) => (theirs[index] ?? Number.NaN) / cpuMs);
  };
  const ofHandWritten = times('pressrun', 'handWritten');
  const fromCache = times('cached', 'handWritten');
  const ofApollo = times('pressrun', 'apolloSql');
  process.stdout.write(
    `${shape}, by CPU: ${spread(ofHandWritten)} of hand-written, ${spread(fromCache)} from the cache, ${spread(ofApollo)} of Apollo Server ` +
      `on the same SQL, ${spread(times('pressrun', 'apolloPrisma'))} of Apollo Server with Prisma\n`,
  );
  // A hello reads nothing: it says what the frame around a query costs, and is not judged.
  if (shape === 'hello') return [];
  const judge = (name: string, samples: number[], target: number): Target => ({
    name: `${shape}, ${name}`,
    value: round(quantile(samples, 0.5)),
    target,
    better: 'higher',
  });
  return [
    judge('of hand-written', ofHandWritten, least[shape].ofHandWritten),
    judge('from the cache, of hand-written', fromCache, least[shape].fromCache),
    judge('of Apollo Server on the same SQL', ofApollo, least[shape].ofApollo),
  ];
}
