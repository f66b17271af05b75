import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import {
  createClient,
  CreateCampaignDocument,
  expectResult,
  RegisterDocument,
  StartBatchDocument,
} from '../client/index.ts';
import { selfSchema, type Self } from './fanout/measure-self.ts';
import { startChild } from './support/child.ts';
import { printTargets, quantile, round } from './support/report.ts';
import { startServices } from './support/services.ts';

const help = `A thousand subscribers on one busy batch: how soon after its commit each is told each event, and what that costs.

  npm run bench:fanout                     about 2 minutes
  npm run bench:fanout -- --full           more rounds

Posts are settled at the pace that 250 pictures a minute allow, each with its three steps before. Instances, subscribers and
the raw broadcast are processes of their own, and take turns.
`;

const { values } = parseArgs({ options: { help: { type: 'boolean' }, full: { type: 'boolean' } } });

const subscriberCount = 1_000;
const idleCount = 5_000;
/** Pictures a minute that Pressrun counts on unless it is told otherwise. */
const everyMs = 60_000 / 250;
const postsPerRound = 20;

const commitsSchema = z.object({ commits: z.array(z.tuple([z.number(), z.number()])) });
const reportSchema = z.object({
  told: z.array(z.tuple([z.number(), z.array(z.number())])),
  deliveries: z.number(),
  samples: z.object({ stage: z.string(), event: z.string() }),
  closeCodes: z.array(z.number()),
});
const urlSchema = z.object({ url: z.string() });
const none = z.object({});

const startInstance = (settings: object) =>
  startChild(new URL('fanout/instance-child.ts', import.meta.url), settings, {
    ready: urlSchema,
    report: none,
  });
const startSubscribers = (settings: { url: string; token: string; batchId: string; count: number }) =>
  startChild(new URL('fanout/subscribers-child.ts', import.meta.url), settings, {
    ready: none,
    report: reportSchema,
  });

type Subscribers = Awaited<ReturnType<typeof startSubscribers>>;
type Round = { p50: number; p99: number; missed: number; cpuMicros: number; residentBytes: number };

if (values.help) process.stdout.write(help);
else await main(values.full === true ? 9 : 5);

async function main(rounds: number): Promise<void> {
  await using services = await startServices();
  const data = {
    ...(await services.fresh()),
    JWT_SECRET: 'one secret for all of the instances here',
    POST_SLOTS: '1',
  };
  await using committing = await startInstance(data);
  await using other = await startInstance(data);
  await using raw = await startChild(
    new URL('fanout/raw-child.ts', import.meta.url),
    {},
    { ready: urlSchema, report: none },
  );
  const url = `${committing.ready.url}/graphql`;
  const otherUrl = `${other.ready.url}/graphql`;
  const { register } = await createClient({ url }).run(RegisterDocument, {
    input: { email: 'fanout@example.com', password: 'correct horse' },
  });
  const { accessToken: token } = expectResult(register, 'Login');
  const startBatch = await batchStarter(url, token);

  // What the first connections of a process cost it once is not theirs.
  await using first = await startSubscribers({
    url: otherUrl,
    token,
    batchId: await startBatch(),
    count: 200,
  });
  await first[Symbol.asyncDispose]();
  const idleAtFirst = await selfOf(other);
  const [batchHere, batchThere] = [await startBatch(), await startBatch()];
  await using there = await startSubscribers({
    url: otherUrl,
    token,
    batchId: batchThere,
    count: subscriberCount,
  });
  const subscribed = await selfOf(other);
  await using here = await startSubscribers({ url, token, batchId: batchHere, count: subscriberCount });
  const rawIdle = await selfOf(raw);
  await using rawSubscribers = await startSubscribers({
    url: raw.ready.url,
    token: '',
    batchId: '',
    count: subscriberCount,
  });

  const rawConnected = await selfOf(raw);

  const settle = (batchId: string) => () =>
    committing.ask({ ask: 'settle', batchId: rowId(batchId), count: postsPerRound, everyMs }, commitsSchema);
  const measureHere = () => measure(committing, here, settle(batchHere));
  const measureThere = () => measure(other, there, settle(batchThere));
  let firstSeq = 1;
  const measureRaw = () => {
    firstSeq += postsPerRound;
    const broadcast = { ask: 'broadcast', ...samples, firstSeq, count: postsPerRound, everyMs };
    return measure(raw, rawSubscribers, () => raw.ask(broadcast, commitsSchema));
  };

  // Warm-up, and what raw is to send.
  await measureHere();
  await settle(batchThere)();
  const { samples } = await reportOf(there);
  await measureRaw();

  const results = { here: new Array<Round>(), there: new Array<Round>(), raw: new Array<Round>() };
  for (let number = 0; number < rounds; number += 1) {
    results.here.push(await measureHere());
    results.there.push(await measureThere());
    results.raw.push(await measureRaw());
  }
  for (const [name, all] of Object.entries(results)) print(name, all);

  const before = await selfOf(other);
  await there.ask({ stall: subscriberCount / 100 }, none);
  const stalled: Round[] = [];
  for (let number = 0; number < Math.ceil(rounds / 2); number += 1)
    stalled.push(await measure(other, there, settle(batchThere), subscriberCount / 100));
  print('1 % stalled', stalled);
  const after = await selfOf(other);
  const grownBytes = after.residentBytes - before.residentBytes;

  const kilobytes = (after: Self, before: Self, count: number, key: 'residentBytes' | 'liveBytes') =>
    round((after[key] - before[key]) / count / 1024, 1);
  const idleBatch = await startBatch();
  const beforeIdle = await selfOf(committing);
  await using idle = await startSubscribers({ url, token, batchId: idleBatch, count: idleCount });
  const withIdle = await selfOf(committing);
  process.stdout.write(
    `${subscriberCount} subscribers: ${kilobytes(subscribed, idleAtFirst, subscriberCount, 'liveBytes')} KB live, ` +
      `${kilobytes(subscribed, idleAtFirst, subscriberCount, 'residentBytes')} KB resident each; ` +
      `a raw connection: ${kilobytes(rawConnected, rawIdle, subscriberCount, 'liveBytes')} KB live\n` +
      `${idleCount} idle subscribers more: ${kilobytes(withIdle, beforeIdle, idleCount, 'liveBytes')} KB live, ` +
      `${kilobytes(withIdle, beforeIdle, idleCount, 'residentBytes')} KB resident each; ` +
      `${round(withIdle.residentBytes / 2 ** 20, 0)} MB in all (${(await idle.report()).deliveries} messages)\n` +
      `1 % stalled: memory grew by ${round(grownBytes / 2 ** 20, 1)} MB\n`,
  );

  const of = (all: readonly Round[], key: keyof Round) =>
    quantile(
      all.map((one) => one[key]),
      0.5,
    );
  const missed = [...results.here, ...results.there, ...stalled].reduce((sum, one) => sum + one.missed, 0);
  printTargets('fanout', [
    { name: 'same instance, p99, ms', value: round(of(results.here, 'p99')), target: 30, better: 'lower' },
    {
      name: 'another instance, p99, ms',
      value: round(of(results.there, 'p99')),
      target: 40,
      better: 'lower',
    },
    { name: 'missed', value: missed, target: 0, better: 'lower' },
    {
      name: 'CPU a delivery, to a raw broadcast',
      value: round(of(results.there, 'cpuMicros') / of(results.raw, 'cpuMicros')),
      target: 1.5,
      better: 'lower',
    },
    {
      name: 'KB a connection',
      value: kilobytes(subscribed, idleAtFirst, subscriberCount, 'liveBytes'),
      target: 10,
      better: 'lower',
    },
    {
      name: 'p99 with 1 % stalled, to without',
      value: round(of(stalled, 'p99') / of(results.there, 'p99')),
      target: 1.1,
      better: 'lower',
    },
    {
      name: 'memory grown with 1 % stalled, MB',
      value: round(grownBytes / 2 ** 20, 1),
      target: 50,
      better: 'lower',
    },
  ]);
}

/** One round: what is sent, when each subscriber was told, and what the sending process used for it. */
async function measure(
  sender: { ask<T>(question: object, schema: z.ZodType<T>): Promise<T> },
  subscribers: Subscribers,
  send: () => Promise<z.infer<typeof commitsSchema>>,
  stalledCount = 0,
): Promise<Round> {
  const before = await selfOf(sender, { memory: false });
  await reportOf(subscribers);
  const { commits } = await send();
  const { told, deliveries } = await reportOf(subscribers);
  const after = await selfOf(sender, { memory: false });
  const byEvent = new Map(told);
  const latencies = commits.flatMap(([seq, atMs]) => (byEvent.get(seq) ?? []).map((toldMs) => toldMs - atMs));
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    missed: Math.max(0, commits.length * (subscriberCount - stalledCount) - latencies.length),
    cpuMicros: ((after.cpuMs - before.cpuMs) / deliveries) * 1000,
    residentBytes: after.residentBytes,
  };
}

/** What was told since it was last asked, once the last of it has arrived. */
async function reportOf(subscribers: Subscribers) {
  await delay(300);
  return subscribers.report();
}

function selfOf(
  child: { ask<T>(question: object, schema: z.ZodType<T>): Promise<T> },
  { memory } = { memory: true },
): Promise<Self> {
  return child.ask({ ask: 'self', memory }, selfSchema);
}

async function batchStarter(url: string, token: string): Promise<() => Promise<string>> {
  const { run } = createClient({ url, token });
  const { createCampaign } = await run(CreateCampaignDocument, {
    input: {
      name: 'Benchmark',
      brand: 'Alpenglow Coffee',
      description: 'A light roast from small farms, sold in refillable tins.',
      tone: 'FRIENDLY',
      targetAudience: 'City people who cycle to work',
      language: 'en',
      channel: 'INSTAGRAM',
    },
  });
  const { id: campaignId } = expectResult(createCampaign, 'Campaign');
  return async () => {
    const { startBatch } = await run(StartBatchDocument, { input: { campaignId, postCount: 1_000 } });
    return expectResult(startBatch, 'Batch').id;
  };
}

/** The row that a global id stands for. */
function rowId(globalId: string): string {
  return Buffer.from(globalId, 'base64url').toString().replace('Batch:', '');
}

function print(name: string, all: readonly Round[]): void {
  const spread = (key: keyof Round, digits: number) => {
    const figures = all.map((one) => one[key]);
    return `${round(quantile(figures, 0.5), digits)} (${round(Math.min(...figures), digits)}–${round(Math.max(...figures), digits)})`;
  };
  process.stdout.write(
    `${name}: p50 ${spread('p50', 1)} ms, p99 ${spread('p99', 1)} ms, ${spread('cpuMicros', 1)} µs of CPU a delivery, ` +
      `${spread('missed', 0)} missed\n`,
  );
}
