import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { commandLine, wholeNumber } from '../../src/command-line.ts';
import { round, type Target } from '../../bench/support/report.ts';
import { createHome, type Home } from '../support/e2e/home.ts';
import { launchPressrun, type Launched } from '../support/e2e/pressrun.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { waitUntil } from '../support/services/wait-until.ts';
import { createRandom } from './support/random.ts';
import { progress, report } from './support/report.ts';
import { embeddedSource, postgresSource, type Candidate, type Source } from './support/starts.ts';

/** Kills in a row of one database, before it is started for good. */
const killsInARow = 3;
const readyWithinMs = 300_000;

const values = commandLine('npm run chaos:starts')
  .description(
    `Kills Pressrun with SIGKILL at random moments of its first start, and of a start that migrates the posts of an
earlier version, embedded and on PostgreSQL. The start after that has to come up by itself, with all that there was.`,
  )
  .option('--full', '30 kills of each kind, 200000 posts; embedded, that takes hours', false)
  .option('--kills <n>', '2 without --full', wholeNumber(0))
  .option('--posts <n>', '2000 without --full', wholeNumber(1))
  .option('--database <names>', 'embedded or postgresql; both without it')
  .option('--seed <n>', 'of the random moments', wholeNumber(0), 1)
  .parse()
  .opts();

/** What came of one kind of database. */
type Outcome = { kills: number; startMs: number; failures: string[] };

async function main(): Promise<void> {
  const kills = values.kills ?? (values.full ? 30 : 2);
  const posts = values.posts ?? (values.full ? 200_000 : 2_000);
  const random = createRandom(values.seed);
  await using home = await createHome();
  await using postgres = await startPostgres({ settings: { max_wal_size: '4GB' } });
  const facts: Record<string, number> = { posts };
  const targets: Target[] = [];
  const sources = {
    embedded: (seeded: number) => embeddedSource(home, seeded),
    postgresql: (seeded: number) => postgresSource(postgres, seeded),
  };
  const chosen = z
    .enum(['embedded', 'postgresql'])
    .array()
    .parse(values.database?.split(',') ?? Object.keys(sources));
  const plan = chosen.flatMap((database) => [0, posts].map((seeded) => ({ database, seeded })));
  for (const { database, seeded } of plan) {
    const { name, outcome } = await play(home, await sources[database](seeded), kills, random);
    facts[`${name}: a start without a kill, s`] = round(outcome.startMs / 1_000, 1);
    targets.push(
      { name: `${name}: kills`, value: outcome.kills, target: kills, better: 'higher' },
      { name: `${name}: not well afterwards`, value: outcome.failures.length, target: 0, better: 'lower' },
    );
    for (const failure of outcome.failures) progress(`${name}: ${failure}`);
  }
  report('chaos:starts', facts, targets);
}

async function play(home: Home, source: Source, kills: number, random: () => number) {
  const outcome: Outcome = { kills: 0, startMs: 0, failures: [] };
  outcome.startMs = await startForGood(home, source, await source.create(), outcome);
  progress(`${source.name}: ready after ${round(outcome.startMs / 1_000, 1)} s without a kill`);
  while (outcome.kills < kills) {
    const candidate = await source.create();
    const inARow = Math.min(killsInARow, kills - outcome.kills);
    for (let count = 1; count <= inARow; count += 1) {
      const launched = await launch(home, candidate);
      await delay(random() * outcome.startMs);
      const ending = launched.ending();
      if (ending !== undefined) outcome.failures.push(`ended by itself: ${ending.stderr.slice(0, 300)}`);
      await launched.end('SIGKILL');
      outcome.kills += 1;
    }
    const ms = await startForGood(home, source, candidate, outcome);
    progress(
      `${source.name}: ${outcome.kills} of ${kills} kills, then ready after ${round(ms / 1_000, 1)} s; ${outcome.failures.length} failures`,
    );
  }
  return { name: source.name, outcome };
}

const launch = (home: Home, { settings }: Candidate) =>
  launchPressrun(home, { JWT_SECRET: 'chaos needs one secret for all its processes', ...settings });

/** @returns how long it took to be ready, in milliseconds. What is wrong with it then goes to `outcome`. */
async function startForGood(
  home: Home,
  { name }: Source,
  candidate: Candidate,
  outcome: Outcome,
): Promise<number> {
  const startedAt = performance.now();
  const launched = await launch(home, candidate);
  try {
    await becomeReady(launched);
  } catch (error) {
    outcome.failures.push(String(error));
    await launched.end('SIGKILL');
    await candidate.drop();
    return performance.now() - startedAt;
  }
  const ms = performance.now() - startedAt;
  await launched.end('SIGTERM');
  const fault = await candidate.fault();
  if (fault !== undefined) outcome.failures.push(`${name}: ${fault}`);
  await candidate.drop();
  return ms;
}

async function becomeReady(launched: Launched): Promise<void> {
  await waitUntil(
    'Pressrun to be ready',
    () => {
      const ending = launched.ending();
      if (ending !== undefined) throw new Error(`it did not start: ${ending.stderr.slice(0, 300)}`);
      return launched.log().some(({ msg }) => msg.startsWith('Pressrun is ready'));
    },
    { deadlineMs: readyWithinMs, intervalMs: 20 },
  );
}

await main();
