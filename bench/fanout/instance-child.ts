import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Bus } from '../../src/events/bus.ts';
import { createRedisBus } from '../../src/events/redis-bus.ts';
import { announceStage } from '../../src/events/topics.ts';
import { createChanges } from '../../src/cache/changes.ts';
import { createPostWorkbench } from '../../src/services/posts/workbench.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createJobs } from '../../src/store/jobs/jobs.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { childArgument, clockMs, serveParent } from '../support/child.ts';
import { measureSelf } from './measure-self.ts';

/**
 * An API instance that can also settle posts at a fixed pace, as a worker does, so that the moments of the
 * commits are known. Its argument is its settings.
 */
const settings = childArgument(z.record(z.string(), z.string()));
// All subscribers come from one address.
const config = readConfig({
  PORT: '0',
  ROLE: 'api',
  MAX_SOCKETS_PER_ADDRESS: '10000',
  RATE_LIMIT_PER_ADDRESS: '1000000',
  ...settings,
});
const logger = createLogger('error');
const app = await startApp(config, logger);
const database = await openDatabase(config, logger);
const jobs = createJobs(database.bossOptions, logger);
await jobs.start();
const redis = await createRedisBus(settings['REDIS_URL'] ?? '', logger);

/** When each entry was handed to the bus, right after its commit, by `seq`. */
let commits: [seq: number, atMs: number][] = [];
const bus: Bus = {
  ...redis,
  publish(topic, message) {
    const told = z
      .object({ kind: z.literal('event'), entry: z.object({ seq: z.number() }) })
      .safeParse(message);
    if (told.success && topic.name.startsWith('batch:')) commits.push([told.data.entry.seq, clockMs()]);
    redis.publish(topic, message);
  },
};
const workbench = createPostWorkbench({ database, jobs, bus, changes: createChanges(() => undefined) });

async function settlePosts(batchId: string, count: number, everyMs: number): Promise<void> {
  const posts = await database.prisma.post.findMany({
    where: { batchId, status: 'PENDING' },
    orderBy: { position: 'asc' },
    take: count,
  });
  const settling: Promise<unknown>[] = [];
  for (const { id: postId, jobId, ownerId, campaignId } of posts) {
    const leaseId = randomUUID();
    await database.prisma.post.update({ where: { id: postId }, data: { status: 'GENERATING', leaseId } });
    for (const stage of ['STARTED', 'CAPTION_READY', 'IMAGE_READY'] as const) {
      announceStage(bus, { batchId, ownerId, postId, stage, at: new Date() });
      await delay(everyMs / 4);
    }
    const work = { jobId, subjectId: postId, ownerId, campaignId, batchId, leaseId };
    settling.push(
      workbench.settle(
        { ...work, attempt: 1, isLastAttempt: false },
        {
          status: 'COMPLETED',
          caption: made({ caption: 'x'.repeat(300), hashtags: ['#spring'] }),
          image: made('k.png'),
        },
      ),
    );
    await delay(everyMs / 4);
  }
  await Promise.all(settling);
}

const made = <T>(value: T) => ({ value, model: 'bench', promptHash: '' });

const questionSchema = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('settle'), batchId: z.string(), count: z.number(), everyMs: z.number() }),
  z.object({ ask: z.literal('self'), memory: z.boolean() }),
]);

serveParent({
  ready: { url: app.url },
  async answer(question) {
    const asked = questionSchema.parse(question);
    if (asked.ask === 'self') return measureSelf(asked);
    commits = [];
    await settlePosts(asked.batchId, asked.count, asked.everyMs);
    return { commits };
  },
  async close() {
    await redis.close();
    await jobs.stop();
    await database.close();
    await app.stop();
  },
});
