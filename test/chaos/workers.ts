import { commandLine, wholeNumber } from '../../src/command-line.ts';
import { quantile, round, type Target } from '../../bench/support/report.ts';
import { boundaries } from './support/boundaries.ts';
import { freezeWorker } from './support/freeze.ts';
import { killAtPace, killsPerMinute, killWorkers, measureResumptions } from './support/kills.ts';
import { createRandom } from './support/random.ts';
import { progress, report } from './support/report.ts';
import { openStage } from './support/stage.ts';
import { countEnds, countExtraCalls, verifyData } from './support/verify.ts';

/** Suspects are written one at a time. */
const finishMs = 180_000;
/** Judged in the long form alone: the short one runs beside other work, and is judged by what is lost. */
const resumeTargetMs = 15_000;

const values = commandLine('npm run chaos:workers')
  .description(
    `Kills workers with SIGKILL in the middle of batches and of other work, at every boundary of a post's life, and freezes
one past its lease. Then looks for what was lost, stored twice or paid twice.`,
  )
  .option(
    '--full',
    '200 kills, and a frozen worker at every boundary; then 50 kills at 50 a minute; times are judged',
    false,
  )
  .option('--kills <n>', 'how many', wholeNumber(0), 20)
  .option('--kills-per-minute <n>', 'at random moments, at that pace', wholeNumber(1))
  .option('--freezes <n>', 'workers that are frozen', wholeNumber(0), 1)
  .option('--workers <n>', 'processes', wholeNumber(1), 2)
  .option('--seed <n>', 'of the random moments', wholeNumber(0), 1)
  .parse()
  .opts();

type Round = {
  kills: number;
  freezes: number;
  workers: number;
  /** Kills in a minute, at random moments; undefined: one after another, at every boundary. */
  pace: number | undefined;
};

const fullRounds: readonly Round[] = [
  { kills: 200, freezes: boundaries.length, workers: 2, pace: undefined },
  { kills: 50, freezes: 0, workers: 4, pace: 50 },
];

async function main(): Promise<void> {
  const asked: Round = {
    kills: values.kills,
    freezes: values.freezes,
    workers: values.workers,
    pace: values.killsPerMinute,
  };
  for (const round of values.full ? fullRounds : [asked]) await play(round);
}

async function play({ kills, freezes, workers, pace }: Round): Promise<void> {
  await using stage = await openStage({ workers, seed: values.seed });
  progress(`${workers} workers are up`);
  const frozen = [];
  for (const boundary of boundaries.slice(0, freezes)) {
    frozen.push(...(await freezeWorker(stage, boundary)));
  }
  // What a frozen worker did not hear is over by now; from here on only kills hide answers.
  const extraByFreezing = countExtraCalls(stage);
  const random = createRandom(values.seed);
  const killed =
    pace === undefined
      ? await killWorkers(stage, kills, random)
      : await killAtPace(stage, kills, pace, random);
  progress(`no new batches; waiting for the ${stage.load.batches()} there are`);
  await stage.load.finish(finishMs);
  progress('the client has seen every batch end');
  await stage.kinds.finish(finishMs);
  progress('all other work is done');

  const resumedMs = await measureResumptions(stage, killed);
  const resumed: Target = {
    name: 'resumed after, ms, max',
    value: round(Math.max(0, ...resumedMs), 0),
    target: resumeTargetMs,
    better: 'lower',
  };
  // At a steady pace posts become suspects, which wait until the kills are over.
  const isJudged = values.full && pace === undefined;
  const data = await verifyData(stage);
  const inHand = killed.reduce((sum, { posts }) => sum + posts.length, 0);
  const extra = countExtraCalls(stage);
  report(
    'chaos:workers',
    {
      kills: killed.length,
      'kills per minute': round(killsPerMinute(killed), 1),
      'posts started': stage.load.started(),
      'other runs ordered': stage.kinds.ordered(),
      'posts in hand at kills': inHand,
      'resumed after, ms, p50': round(quantile(resumedMs, 0.5), 0),
      ...(isJudged ? {} : { [resumed.name]: resumed.value }),
      'requests sent again (aborted ones too)': extra.sent - extraByFreezing.sent,
      'answers paid again after freezing': extraByFreezing.paid,
      ...(await countEnds(stage)),
    },
    [
      { name: 'kills done', value: killed.length, target: kills, better: 'higher' },
      ...data,
      ...(await stage.kinds.verify()),
      ...(isJudged ? [resumed] : []),
      {
        name: 'answers paid again after kills',
        value: extra.paid - extraByFreezing.paid,
        target: inHand,
        better: 'lower',
      },
      ...frozen,
    ],
  );
}

await main();
