import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { quantile, round, type Target } from '../../bench/support/report.ts';
import { blows, type Aftermath } from './support/outages.ts';
import { createRandom } from './support/random.ts';
import { progress, report } from './support/report.ts';
import { openStage } from './support/stage.ts';
import { countEnds, countExtraCalls, verifyData } from './support/verify.ts';

const help = `Takes Redis and Postgres away in the middle of batches: Redis restarted, flushed and hung, all Postgres
backends terminated, Postgres restarted. Then looks for what was lost, stored twice or stood still.

  npm run chaos:services -- --rounds 2 --seed 1
  npm run chaos:services -- --full     20 rounds
`;

const finishMs = 90_000;
const resumeTargetMs = 5_000;
const betweenBlowsMs = { from: 1_000, to: 2_500 };

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    full: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

async function main(): Promise<void> {
  const rounds = Number(values.rounds ?? (values.full ? 20 : 2));
  const random = createRandom(Number(values.seed));
  await using stage = await openStage({ workers: 2, seed: Number(values.seed) });
  progress('one API process and two workers are up');
  const aftermaths = new Map<string, Aftermath[]>(blows.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const blow of blows) {
      await delay(betweenBlowsMs.from + random() * (betweenBlowsMs.to - betweenBlowsMs.from));
      const aftermath = await blow.strike(stage);
      aftermaths.get(blow.name)?.push(aftermath);
      const meanwhile =
        aftermath.settledMeanwhile === undefined
          ? ''
          : `, ${aftermath.settledMeanwhile} posts stored meanwhile`;
      progress(
        `round ${round} of ${rounds}: ${blow.name}; went on after ${Math.round(aftermath.resumedMs)} ms` +
          `${meanwhile}; client has ${stage.load.settled()} of ${stage.load.started()} posts`,
      );
    }
  }
  progress(`no new batches; waiting for the ${stage.load.batches()} there are`);
  await stage.load.finish(finishMs);
  progress('the client has seen every batch end');

  const data = await verifyData(stage);
  const extra = countExtraCalls(stage);
  report(
    'chaos:services',
    {
      rounds,
      'posts started': stage.load.started(),
      'answers paid again': extra.paid,
      'requests sent again (aborted ones too)': extra.sent,
      ...medians(aftermaths),
      ...(await countEnds(stage)),
    },
    [...data, ...[...aftermaths].flatMap(([name, all]) => judge(name, all))],
  );
}

function medians(aftermaths: ReadonlyMap<string, Aftermath[]>): Record<string, number> {
  return Object.fromEntries(
    [...aftermaths].map(([name, all]) => [
      `${name}: went on after, ms, p50`,
      round(
        quantile(
          all.map(({ resumedMs }) => resumedMs),
          0.5,
        ),
        0,
      ),
    ]),
  );
}

function judge(name: string, all: readonly Aftermath[]): Target[] {
  const targets: Target[] = [
    {
      name: `${name}: went on after, ms, max`,
      value: round(Math.max(...all.map(({ resumedMs }) => resumedMs)), 0),
      target: resumeTargetMs,
      better: 'lower',
    },
  ];
  const meanwhile = all.flatMap(({ settledMeanwhile = [] }) => settledMeanwhile);
  if (meanwhile.length > 0) {
    const value = Math.min(...meanwhile);
    targets.push({ name: `${name}: posts stored meanwhile, min`, value, target: 1, better: 'higher' });
  }
  return targets;
}

if (values.help) process.stdout.write(help);
else await main();
