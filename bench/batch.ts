import { parseArgs } from 'node:util';
import { followBatch } from '../client/index.ts';
import { BatchDocument, QuoteBatchDocument, StartBatchDocument } from '../client/generated/graphql.ts';
import { startBenchApp } from './support/app.ts';
import { printTargets, round, type Target } from './support/report.ts';

/** The predecessor's own figures, in seconds: what it promised for 10, 50 and 100 posts. */
const promisedSeconds: Record<number, number> = { 10: 90, 50: 300, 100: 600 };

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    posts: { type: 'string', default: '10,50,100' },
    slots: { type: 'string', default: '10' },
    'time-scale': { type: 'string', default: '1' },
  },
});

if (values.help) {
  process.stdout
    .write(`How long batches take, with the simulator at realistic latencies (caption 2–6 s, image 5–15 s).

  npm run bench:batch -- --posts 10,50,100 --slots 10 --time-scale 1
`);
} else {
  await using app = await startBenchApp({
    POST_SLOTS: values.slots,
    SIMULATOR_TIME_SCALE: values['time-scale'],
  });
  const targets: Target[] = [];
  for (const postCount of values.posts.split(',').map(Number)) {
    const { quote, batch } = await measure(app, postCount);
    const seconds = round(batch.elapsedSeconds);
    const { completedCount } = batch.progress;
    process.stdout.write(
      `${postCount} posts: ${seconds} s, ${round((completedCount / seconds) * 60, 1)} posts a minute, ` +
        `${completedCount} of ${postCount} completed, $${batch.cost.toFixed(4)}\n`,
    );
    const costOff = batch.cost / quote.expectedCost - 1;
    const timeOff = batch.elapsedSeconds / quote.estimatedSeconds - 1;
    process.stdout.write(
      `  quoted: $${quote.expectedCost.toFixed(4)}, at most $${quote.maximumCost.toFixed(4)}, ` +
        `${round(quote.estimatedSeconds)} s; happened: ${percent(costOff)} cost, ${percent(timeOff)} time\n`,
    );
    targets.push({
      name: `cost of ${postCount}, of the most that was quoted`,
      value: round(batch.cost / quote.maximumCost, 3),
      target: 1,
      better: 'lower',
    });
    targets.push({
      name: `success rate of ${postCount}`,
      value: completedCount / postCount,
      target: 1,
      better: 'higher',
    });
    const promised = promisedSeconds[postCount];
    if (promised !== undefined) {
      targets.push({ name: `seconds for ${postCount}`, value: seconds, target: promised, better: 'lower' });
    }
  }
  printTargets('batch', targets);
}

/** Such as `+4 %`. */
function percent(share: number): string {
  return `${share < 0 ? '' : '+'}${round(share * 100, 0)} %`;
}

async function measure(app: Awaited<ReturnType<typeof startBenchApp>>, postCount: number) {
  const input = { campaignId: app.campaignId, postCount };
  const { quoteBatch: quote } = await app.run(QuoteBatchDocument, { input });
  if (quote.__typename !== 'BatchQuote') throw new Error(`quoteBatch answered ${quote.__typename}`);
  const { startBatch } = await app.run(StartBatchDocument, { input });
  if (startBatch.__typename !== 'Batch') throw new Error(`startBatch answered ${startBatch.__typename}`);
  for await (const event of followBatch({ url: app.url, token: app.token, batchId: startBatch.id })) {
    if ('progress' in event && process.stdout.isTTY) {
      process.stdout.write(`\r${event.progress.completedCount} of ${postCount} `);
    }
  }
  if (process.stdout.isTTY) process.stdout.write('\r');
  const { batch } = await app.run(BatchDocument, { id: startBatch.id });
  if (batch == null) throw new Error('the batch is not there');
  return { quote, batch };
}
