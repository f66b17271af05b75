import { setTimeout as delay } from 'node:timers/promises';
import { commandLine, wholeNumber } from '../../src/command-line.ts';
import type { Target } from '../../bench/support/report.ts';
import { openAudience } from './support/audience.ts';
import { createRandom } from './support/random.ts';
import { openReadersStage, type ReadersStage } from './support/readers-stage.ts';
import { progress, report } from './support/report.ts';

const finishMs = 180_000;
const killEveryMs = 5_000;
const cutRedisEveryMs = 1_000;
/** More than two workers with three slots make of the simulator's pace here, so that the cuts are over before the batch is. */
const postsPerSecond = 20;

const values = commandLine('npm run chaos:readers')
  .description(
    `Cuts readers of a batch off at random moments, over WebSocket and SSE, while Redis' pub/sub connections are killed
every second; then the same while an API process and a worker are killed every 5 s and Redis is restarted twice. Two API
and two worker processes. Every reader must be told 1…n, in order.`,
  )
  .option('--full', '1000 posts, 100 subscribers, 1000 reconnects', false)
  .option('--posts <n>', '200 without --full', wholeNumber(1))
  .option('--subscribers <n>', '50 without --full', wholeNumber(1))
  .option('--reconnects <n>', '200 without --full', wholeNumber(0))
  .option('--seed <n>', 'of the random moments', wholeNumber(0), 1)
  .parse()
  .opts();
const posts = values.posts ?? (values.full ? 1_000 : 200);
const subscribers = values.subscribers ?? (values.full ? 100 : 50);
const reconnects = values.reconnects ?? (values.full ? 1_000 : 200);

/** What goes on around the readers until it is told to stop. @returns how often it struck. */
type Disturbance = (stage: ReadersStage, told: () => number, stop: AbortSignal) => Promise<number>;

const cutPubSub: Disturbance = async (stage, _told, stop) => {
  let killed = 0;
  while (!stop.aborted) {
    // A Redis that is being restarted has nothing to kill.
    killed += await stage.redis.killPubSub().catch(() => 0);
    await delay(cutRedisEveryMs);
  }
  return killed;
};

const killProcesses: Disturbance = async (stage, told, stop) => {
  let restarts = 0;
  for (let number = 0; ; number += 1) {
    await delay(killEveryMs);
    if (stop.aborted) return number;
    const victims = [stage.apis[number % 2], stage.workers[number % 2]].filter((one) => one !== undefined);
    await Promise.all(victims.map((victim) => victim.kill()));
    progress(
      `killed ${victims.map(({ name }) => name).join(' and ')}; the slowest reader has ${told()} events`,
    );
    await Promise.all(victims.map((victim) => victim.start()));
    if (restarts < 2 && told() > (posts * (restarts + 1)) / 3) {
      restarts += 1;
      await stage.redis.restart();
      progress('Redis restarted');
    }
  }
};

async function play(
  name: string,
  stage: ReadersStage,
  random: () => number,
  disturbances: readonly Disturbance[],
): Promise<Target[]> {
  const batchId = await stage.startBatch(name, posts);
  const audience = openAudience({ ...stage, batchId, count: subscribers, random });
  const over = new AbortController();
  const disturbing = disturbances.map((disturb) => disturb(stage, audience.slowest, over.signal));
  const everyMs = ((posts / postsPerSecond) * 1000) / reconnects;
  let cuts = 0;
  while (cuts < reconnects && audience.cutSomebody()) {
    cuts += 1;
    await delay(everyMs * 2 * random());
  }
  progress(`${name}: ${cuts} readers cut off; waiting for the end`);
  // Beside the posts, the stream has its beginning and its end.
  const { wrong, unfinished } = await audience.finish(posts + 2, finishMs);
  over.abort();
  const blows = await Promise.all(disturbing);
  progress(`${name}: over; ${audience.lost()} connections were lost besides`);
  return [
    { name: `${name}: reconnects`, value: cuts, target: reconnects, better: 'higher' },
    { name: `${name}: blows of each kind`, value: Math.min(...blows), target: 1, better: 'higher' },
    { name: `${name}: readers told anything but 1…n`, value: wrong, target: 0, better: 'lower' },
    { name: `${name}: readers not told the end`, value: unfinished, target: 0, better: 'lower' },
  ];
}

async function main(): Promise<void> {
  const random = createRandom(values.seed);
  await using stage = await openReadersStage(values.seed);
  progress('two API processes and two workers are up');
  const targets = [
    ...(await play('pub/sub cut every second', stage, random, [cutPubSub])),
    ...(await play('processes killed every 5 s', stage, random, [cutPubSub, killProcesses])),
  ];
  report('chaos:readers', { posts, subscribers }, targets);
}

await main();
