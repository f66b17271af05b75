import { Option } from '@commander-js/extra-typings';
import { commandLine, wholeNumber } from '../src/command-line.ts';
import { BatchDocument, followBatch } from '../client/index.ts';
import { measureKinds } from './fairness/kinds.ts';
import { openAccount, startBenchApp, type Account } from './support/app.ts';
import { startBatch } from './support/batch.ts';
import { positiveNumber } from './support/options.ts';
import { printTargets, quantile, round, spread, type Target } from './support/report.ts';

const { rounds, timeScale, posts, only } = commandLine('npm run bench:fairness')
  .description(
    `What users have of each other: a batch of 5 beside somebody's batch of 1000, and ten users with a batch each. Embedded,
10 slots, the simulator's realistic latencies (caption 2–6 s, image 5–15 s) times the scale. And what other kinds of work wait
beside a large batch: each step of a run of ten, and a regeneration, where slots are short and where the limits are.`,
  )
  .option('--posts <n>', 'of the large batch that other kinds of work run beside', wholeNumber(1), 5_000)
  .addOption(new Option('--only <scene>', 'nothing but this').choices(['users', 'kinds']))
  .option('--rounds <n>', 'batches of 5 alone, and as many beside the large one', wholeNumber(1), 5)
  .option('--time-scale <n>', 'of the latencies', positiveNumber, 0.1)
  .parse()
  .opts();

const targets: Target[] = [];
if (only !== 'kinds') targets.push(...(await measureUsers()));
if (only !== 'users') targets.push(...(await measureKinds({ posts, rounds, timeScale })));
printTargets('fairness', targets);

async function measureUsers(): Promise<Target[]> {
  await using app = await startBenchApp({ POST_SLOTS: '10', SIMULATOR_TIME_SCALE: String(timeScale) });
  const small = await openAccount(app.url, 'small@example.com');
  const alone: number[] = [];
  for (let index = 0; index < rounds; index += 1) alone.push(await secondsOf(app.url, small, 5));

  await startBatch(app, 1000);
  const beside: number[] = [];
  for (let index = 0; index < rounds; index += 1) beside.push(await secondsOf(app.url, small, 5));
  const ratio = round(quantile(beside, 0.5) / quantile(alone, 0.5));
  process.stdout.write(`5 posts: alone ${spread(alone)} s, beside a batch of 1000 ${spread(beside)} s\n`);

  const users = await Promise.all(
    Array.from({ length: 10 }, (_, index) => openAccount(app.url, `user${index}@example.com`)),
  );
  const batches = await Promise.all(
    users.map(async (account) => ({ account, id: await startBatch(account, 20) })),
  );
  let counts: number[] = [];
  while (sum(counts) < 100) {
    counts = await Promise.all(batches.map(({ account, id }) => completed(account, id)));
  }
  // Jain, Chiu, Hawe 1984: 1 where all have the same, 1/n where one has everything.
  const jain = round(sum(counts) ** 2 / (counts.length * sum(counts.map((count) => count ** 2))), 3);
  process.stdout.write(`ten users half-way: ${counts.join(', ')} of 20 posts\n`);
  return [
    { name: 'time of 5 posts beside 1000, of the time alone', value: ratio, target: 2, better: 'lower' },
    { name: 'Jain’s index of ten users', value: jain, target: 0.95, better: 'higher' },
  ];
}

async function secondsOf(url: string, account: Account, postCount: number): Promise<number> {
  const startedAt = performance.now();
  const batchId = await startBatch(account, postCount);
  for await (const event of followBatch({ url, token: account.token, batchId })) void event;
  return (performance.now() - startedAt) / 1000;
}

async function completed({ run }: Account, id: string): Promise<number> {
  const { batch } = await run(BatchDocument, { id });
  return batch?.progress.completedCount ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
