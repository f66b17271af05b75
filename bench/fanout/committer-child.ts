import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { createChanges } from '../../src/cache/changes.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Bus } from '../../src/events/bus.ts';
import { createRedisBus } from '../../src/events/redis-bus.ts';
import { announceStage } from '../../src/events/topics.ts';
import { createSuspectSlot } from '../../src/domain/runs/suspects.ts';
import { createPostRuns } from '../../src/services/posts/runs.ts';
import { createWorkbench } from '../../src/services/runs/workbench.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createJobs } from '../../src/store/jobs/jobs.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { childArgument, clockMs, serveParent } from '../support/child.ts';
import type { Commit } from './messages.ts';

/** Settles posts at a fixed pace, as a worker does, and notes when each event was committed. Its argument is its settings. */
const settings = childArgument(z.record(z.string(), z.string()));
const logger = createLogger('error');
const database = await openDatabase(readConfig(settings), logger);
const jobs = createJobs(database.bossOptions, logger);
await jobs.start();
const redis = await createRedisBus(settings['REDIS_URL'] ?? '', logger);

const topicPrefix = 'batch:';
const eventSchema = z.object({ kind: z.literal('event'), entry: z.object({ seq: z.number() }) });
/** When each entry was handed to the bus, right after its commit. */
let commits: Commit[] = [];
const bus: Bus = {
  ...redis,
  publish(topic, message) {
    const told = eventSchema.safeParse(message);
    if (told.success && topic.name.startsWith(topicPrefix)) {
      const batchId = topic.name.slice(topicPrefix.length);
      commits.push({ batchId, seq: told.data.entry.seq, atMs: clockMs() });
    }
    redis.publish(topic, message);
  },
};
const suspects = createSuspectSlot(0, () => 0);
const kind = createPostRuns({ jobs, changes: createChanges(() => undefined) });
const workbench = createWorkbench({ database, jobs, bus, suspects }, kind);

/** Settles so many posts of each of these batches, one batch after another, each post in four equal steps. */
async function settleAll(batchIds: readonly string[], perBatch: number, everyMs: number): Promise<void> {
  const startedAt = clockMs();
  const settling: Promise<void>[] = [];
  for (let turn = 0; turn < perBatch; turn += 1) {
    for (const [index, batchId] of batchIds.entries()) {
      const dueAt = startedAt + (turn * batchIds.length + index) * everyMs;
      await delay(Math.max(0, dueAt - clockMs()));
      settling.push(settleNext(batchId));
    }
  }
  await Promise.all(settling);
}

/** From one step of a post to the next. */
const stepMs = 200;

async function settleNext(batchId: string): Promise<void> {
  const leaseId = randomUUID();
  const post = await database.prisma.post.findFirstOrThrow({
    where: { batchId, status: 'PENDING' },
    orderBy: { position: 'asc' },
  });
  const { id: postId, ownerId, campaignId } = post;
  await database.prisma.post.update({ where: { id: postId }, data: { status: 'GENERATING' } });
  const run = await database.prisma.run.update({
    where: { subjectId: postId },
    data: { state: 'RUNNING', leaseId },
  });
  for (const stage of ['STARTED', 'CAPTION_READY', 'IMAGE_READY'] as const) {
    announceStage(bus, { streamId: batchId, ownerId, subjectId: postId, stage, at: new Date() });
    await delay(stepMs);
  }
  const { id: runId, jobId, kind, payload } = run;
  const work = { runId, kind, jobId, subjectId: postId, ownerId, campaignId, batchId, payload, leaseId };
  await workbench.settle(
    { ...work, attempt: 1, isLastAttempt: false },
    {
      status: 'COMPLETED',
      caption: made({ caption: 'x'.repeat(300), hashtags: ['#spring'] }),
      image: made('k.png'),
    },
  );
}

const made = <T>(value: T) => ({ value, model: 'bench', promptHash: '' });

const questionSchema = z.object({
  batchIds: z.array(z.string()),
  perBatch: z.number(),
  everyMs: z.number(),
});

serveParent({
  ready: {},
  async answer(question) {
    const { batchIds, perBatch, everyMs } = questionSchema.parse(question);
    commits = [];
    await settleAll(batchIds, perBatch, everyMs);
    return { commits };
  },
  async close() {
    await redis.close();
    await jobs.stop();
    await database.close();
  },
});
