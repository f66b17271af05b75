import { parseArgs } from 'node:util';
import { BatchDocument, StartBatchDocument } from '../client/generated/graphql.ts';
import { followBatch } from '../client/index.ts';
import { openAccount, startBenchApp } from './support/app.ts';
import { printTargets, quantile, round } from './support/report.ts';

const help = `What users have of each other: a batch of 5 beside somebody's batch of 1000, and ten users with a batch each.

  npm run bench:fairness -- --rounds 5 --time-scale 0.1

Embedded, 10 slots, the simulator's realistic latencies (caption 2–6 s, image 5–15 s) times the scale.
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    rounds: { type: 'string', default: '5' },
    'time-scale': { type: 'string', default: '0.1' },
  },
});

if (values.help) process.stdout.write(help);
else await main(Number(values.rounds), values['time-scale']);

type Account = Awaited<ReturnType<typeof openAccount>>;

async function main(rounds: number, timeScale: string): Promise<void> {
  await using app = await startBenchApp({ POST_SLOTS: '10', SIMULATOR_TIME_SCALE: timeScale });
  const small = await openAccount(app.url, 'small@example.com');
  const alone: number[] = [];
  for (let index = 0; index < rounds; index += 1) alone.push(await secondsOf(app.url, small, 5));

  await start(app, 1000);
  const beside: number[] = [];
  for (let index = 0; index < rounds; index += 1) beside.push(await secondsOf(app.url, small, 5));
  const ratio = round(quantile(beside, 0.5) / quantile(alone, 0.5));
  const spread = (samples: number[]) =>
    `median ${round(quantile(samples, 0.5))} s (${round(Math.min(...samples))} to ${round(Math.max(...samples))})`;
  process.stdout.write(`5 posts: alone ${spread(alone)}, beside a batch of 1000 ${spread(beside)}\n`);

  const users = await Promise.all(
    Array.from({ length: 10 }, (_, index) => openAccount(app.url, `user${index}@example.com`)),
  );
  const batches = await Promise.all(
    users.map(async (account) => ({ account, id: await start(account, 20) })),
  );
  let counts: number[] = [];
  while (sum(counts) < 100) {
    counts = await Promise.all(batches.map(({ account, id }) => completed(account, id)));
  }
  // Jain, Chiu, Hawe 1984: 1 where all have the same, 1/n where one has everything.
  const jain = round(sum(counts) ** 2 / (counts.length * sum(counts.map((count) => count ** 2))), 3);
  process.stdout.write(`ten users half-way: ${counts.join(', ')} of 20 posts\n`);
  printTargets('fairness', [
    { name: 'time of 5 posts beside 1000, of the time alone', value: ratio, target: 2, better: 'lower' },
    { name: 'Jain’s index of ten users', value: jain, target: 0.95, better: 'higher' },
  ]);
}

async function start({ run, campaignId }: Pick<Account, 'run' | 'campaignId'>, postCount: number) {
  const { startBatch } = await run(StartBatchDocument, { input: { campaignId, postCount } });
  if (startBatch.__typename !== 'Batch') throw new Error(`startBatch answered ${startBatch.__typename}`);
  return startBatch.id;
}

async function secondsOf(url: string, account: Account, postCount: number): Promise<number> {
  const startedAt = performance.now();
  const batchId = await start(account, postCount);
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
