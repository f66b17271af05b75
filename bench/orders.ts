import { setTimeout as delay } from 'node:timers/promises';
import { Option } from '@commander-js/extra-typings';
import { commandLine, wholeNumber } from '../src/command-line.ts';
import {
  CancelBatchDocument,
  CountsDocument,
  DeleteCampaignDocument,
  expectResult,
  PauseBatchDocument,
  ResumeBatchDocument,
  SetBatchPriorityDocument,
  UpdateCampaignDocument,
} from '../client/index.ts';
import { openAccount, startBenchApp, type Account } from './support/app.ts';
import { startBatch } from './support/batch.ts';
import { printTargets, quantile, round, type Target } from './support/report.ts';
import { startServices } from './support/services.ts';

/** A tenth of a second is what people call at once; twice that is the promise. */
const targetMs = 200;
const writeEveryMs = 50;
const baselineMs = 3_000;

const values = commandLine('npm run bench:orders')
  .description(
    `What large orders do to others: eight orders of 10,000 posts at once, then pause, resume, priority, cancel and deletion of
them, while another account writes every ${writeEveryMs} ms. PostgreSQL is a private one with fsync=off. Exits 1 where another account's
write took longer than ${targetMs} ms at the 99th percentile or failed, or an order was refused.`,
  )
  .addOption(new Option('--database <name>', 'both without it').choices(['embedded', 'postgresql'] as const))
  .option('--quick', '2 orders of 1000', false)
  .option('--orders <n>', 'sent at once; 8 without --quick', wholeNumber(2))
  .option('--posts <n>', 'of each order; 10000 without --quick', wholeNumber(1))
  .option('--watch <seconds>', 'how long work in the background is waited for', wholeNumber(1), 60)
  .parse()
  .opts();
const orders = values.orders ?? (values.quick ? 2 : 8);
const posts = values.posts ?? (values.quick ? 1_000 : 10_000);

await main();

async function main(): Promise<void> {
  const targets: Target[] = [];
  if (values.database !== 'postgresql') targets.push(...(await measure('embedded', {})));
  if (values.database !== 'embedded') {
    await using services = await startServices();
    targets.push(...(await measure('PostgreSQL', await services.fresh())));
  }
  printTargets('orders', targets);
}

async function measure(name: string, settings: Record<string, string>): Promise<Target[]> {
  // Hardly any post is made: what is measured is the orders.
  await using app = await startBenchApp({ ...settings, POST_SLOTS: '1', SIMULATOR_TIME_SCALE: '1' });
  const other = await openAccount(app.url, 'other@example.com');
  const targets: Target[] = [];

  async function beside<T>(what: string, work: () => Promise<T>): Promise<T> {
    const writer = startWriter(other);
    const startedAt = performance.now();
    const result = await work().finally(() => writer.stop());
    const { latencies, failures } = await writer.result;
    const [p50, p99, max] = [quantile(latencies, 0.5), quantile(latencies, 0.99), Math.max(...latencies)];
    process.stdout.write(
      `${name}, ${what}: ${round((performance.now() - startedAt) / 1000, 1)} s; ${latencies.length} writes of another account: ` +
        `p50 ${round(p50, 0)} ms, p99 ${round(p99, 0)} ms, max ${round(max, 0)} ms, ${failures} failed\n`,
    );
    if (what !== 'nothing') {
      targets.push(
        {
          name: `${name}, ${what}, p99 of others (ms)`,
          value: round(p99, 0),
          target: targetMs,
          better: 'lower',
        },
        { name: `${name}, ${what}, failed writes of others`, value: failures, target: 0, better: 'lower' },
      );
    }
    return result;
  }

  // The first requests load and compile code.
  await delay(baselineMs);
  await beside('nothing', () => delay(baselineMs));
  const ids = await beside(`${orders} orders of ${posts}`, async () => {
    const startedAt = performance.now();
    const answers = await Promise.allSettled(Array.from({ length: orders }, () => startBatch(app, posts)));
    const answeredMs = performance.now() - startedAt;
    const started = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const refused = answers.length - started.length;
    process.stdout.write(`${name}: answered after ${round(answeredMs, 0)} ms, ${refused} refused\n`);
    targets.push({ name: `${name}, refused orders`, value: refused, target: 0, better: 'lower' });
    const isWritten = async () => (await writtenPosts(app, app.campaignId)) >= started.length * posts;
    await until('all posts are written', isWritten);
    return started;
  });
  const [first = '', second = ''] = ids;
  await beside('pausing one', async () => {
    expectResult((await app.run(PauseBatchDocument, { batchId: first })).pauseBatch, 'Batch');
    await settled();
  });
  await beside('resuming it', async () => {
    expectResult((await app.run(ResumeBatchDocument, { batchId: first })).resumeBatch, 'Batch');
    await settled();
  });
  await beside('a higher priority', async () => {
    const answer = await app.run(SetBatchPriorityDocument, { batchId: second, priority: 'HIGH' });
    expectResult(answer.setBatchPriority, 'Batch');
    await settled();
  });
  await beside('cancelling all', async () => {
    const answers = await Promise.all(ids.map((batchId) => app.run(CancelBatchDocument, { batchId })));
    for (const { cancelBatch } of answers) expectResult(cancelBatch, 'Batch');
    await until('no post waits', async () => (await pending(app)) === 0);
  });
  await beside('deleting the campaign', async () => {
    const { deleteCampaign } = await app.run(DeleteCampaignDocument, { campaignId: app.campaignId });
    expectResult(deleteCampaign, 'DeletedCampaign');
  });
  return targets;
}

/** What is done in the background goes on a little after the answer. */
async function settled(): Promise<void> {
  await delay(2_000);
}

async function writtenPosts({ run }: Account, campaignId: string): Promise<number> {
  return (await run(CountsDocument, { posts: { campaignId } })).posts.totalCount;
}

async function pending({ run }: Account): Promise<number> {
  return (await run(CountsDocument, { posts: { status: ['PENDING'] } })).posts.totalCount;
}

/** Says so where it is not done in time: then what comes next is measured beside it. */
async function until(what: string, isDone: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  const elapsed = () => Math.round((performance.now() - startedAt) / 1000);
  for (let told = 0; !(await isDone()); await delay(1_000)) {
    if (elapsed() >= values.watch) return void process.stdout.write(`  not yet: ${what}\n`);
    if (elapsed() >= told + 10) process.stdout.write(`  … ${(told = elapsed())} s\n`);
  }
}

/** Writes on a beat, whether earlier writes are answered or not: what waits counts from its beat on. */
function startWriter({ run, campaignId }: Account) {
  const stopping = new AbortController();
  const latencies: number[] = [];
  let failures = 0;
  async function write(place: number, dueAt: number): Promise<void> {
    try {
      const answer = await run(UpdateCampaignDocument, { input: { campaignId, name: `Name ${place}` } });
      expectResult(answer.updateCampaign, 'Campaign');
    } catch {
      failures += 1;
    }
    latencies.push(performance.now() - dueAt);
  }
  async function beat() {
    const startedAt = performance.now();
    const writes: Promise<void>[] = [];
    for (let place = 0; !stopping.signal.aborted; place += 1) {
      const dueAt = startedAt + place * writeEveryMs;
      await delay(Math.max(0, dueAt - performance.now()));
      writes.push(write(place, dueAt));
    }
    await Promise.all(writes);
    return { latencies, failures };
  }
  return { result: beat(), stop: () => stopping.abort() };
}
