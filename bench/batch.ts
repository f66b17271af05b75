import { commandLine, wholeNumber } from '../src/command-line.ts';
import { BatchDocument, expectResult, followBatch, QuoteBatchDocument } from '../client/index.ts';
import { startBenchApp, type BenchApp } from './support/app.ts';
import { startBatch } from './support/batch.ts';
import { numbers, positiveNumber } from './support/options.ts';
import { printTargets, quantile, round, spread, type Target } from './support/report.ts';

/** The predecessor's own figures, in seconds: what it promised for 10, 50 and 100 posts. */
const promisedSeconds: Record<number, number> = { 10: 90, 50: 300, 100: 600 };

const values = commandLine('npm run bench:batch')
  .description(
    `How long batches take, and what they cost, compared with their quotes. Embedded, with the simulator at realistic latencies
(caption 2–6 s, image 5–15 s).`,
  )
  .option('--posts <list>', 'sizes of batches', numbers(1), [10, 50, 100])
  .option('--rounds <n>', 'batches of each size', wholeNumber(1), 3)
  .option(
    '--slots <n>',
    'posts at the same time; as a server has them by default if it is not given',
    wholeNumber(1),
  )
  .option('--time-scale <n>', 'of the latencies', positiveNumber, 1)
  .parse()
  .opts();

await using app = await startBenchApp({
  POST_SLOTS: values.slots === undefined ? '' : String(values.slots),
  SIMULATOR_TIME_SCALE: String(values.timeScale),
});
const targets: Target[] = [];
for (const postCount of values.posts) {
  const results: Awaited<ReturnType<typeof measure>>[] = [];
  for (let round = 0; round < values.rounds; round += 1) results.push(await measure(app, postCount));
  targets.push(...judge(postCount, results));
}
printTargets('batch', targets);

function judge(postCount: number, results: Awaited<ReturnType<typeof measure>>[]): Target[] {
  const seconds = results.map(({ batch }) => batch.elapsedSeconds);
  const completed = results.map(({ batch }) => batch.progress.completedCount / postCount);
  const ofMaximum = results.map(({ quote, batch }) => batch.cost / quote.maximumCost);
  const costOff = results.map(({ quote, batch }) => (batch.cost / quote.expectedCost - 1) * 100);
  const timeOff = results.map(
    ({ quote, batch }) => (batch.elapsedSeconds / quote.estimatedSeconds - 1) * 100,
  );
  process.stdout.write(
    `${postCount} posts, ${results.length} batches: ${spread(seconds)} s, $${spread(
      results.map(({ batch }) => batch.cost),
      4,
    )}; off the quote by ${spread(costOff, 0)} % in cost and ${spread(timeOff, 0)} % in time\n`,
  );
  const promised = promisedSeconds[postCount];
  return [
    {
      name: `cost of ${postCount}, of the most that was quoted`,
      value: round(Math.max(...ofMaximum), 3),
      target: 1,
      better: 'lower',
    },
    {
      name: `success rate of ${postCount}`,
      value: round(Math.min(...completed), 3),
      target: 1,
      better: 'higher',
    },
    ...(promised === undefined
      ? []
      : [
          {
            name: `seconds for ${postCount}`,
            value: round(quantile(seconds, 0.5)),
            target: promised,
            better: 'lower' as const,
          },
        ]),
  ];
}

async function measure({ run, url, token, campaignId }: BenchApp, postCount: number) {
  const { quoteBatch } = await run(QuoteBatchDocument, { input: { campaignId, postCount } });
  const quote = expectResult(quoteBatch, 'BatchQuote');
  const batchId = await startBatch({ run, campaignId }, postCount);
  for await (const event of followBatch({ url, token, batchId })) {
    if ('progress' in event && process.stdout.isTTY) {
      process.stdout.write(`\r${event.progress.completedCount} of ${postCount} `);
    }
  }
  if (process.stdout.isTTY) process.stdout.write('\r');
  const { batch } = await run(BatchDocument, { id: batchId });
  if (batch == null) throw new Error('the batch is not there');
  return { quote, batch };
}
