import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createLedger, type Ledger, type Opened } from '../../../src/provider/ledger/ledger.ts';
import type { PostResult, PostWork } from '../../../src/services/posts/results.ts';
import { openWorkshop, type Account, type PostWorkbench, type Workshop } from '../../support/workshop.ts';

let workshop: Workshop;
let ledger: Ledger;
let account: Account;
beforeAll(async () => {
  workshop = await openWorkshop();
  const settings = { priceOf: () => ({ input: 1, output: 0 }), monthlyBudgetMicros: undefined };
  ledger = createLedger(workshop.database, settings, workshop.changes);
});
afterAll(() => workshop[Symbol.asyncDispose]());
beforeEach(async () => {
  account = await workshop.addAccount();
});

const slots = 20;
const completed: PostResult = {
  status: 'COMPLETED',
  caption: { value: { caption: 'Hello', hashtags: ['#spring'] }, model: 'm', promptHash: '' },
  image: { value: 'key', model: 'm', promptHash: '' },
};

/** The calls that a job has opened. */
function idsIn(opened: Opened): string[] {
  return 'calls' in opened ? opened.calls.flatMap((call) => ('callId' in call ? [call.callId] : [])) : [];
}

/** Takes what there is, as a worker does, and sends its calls. */
async function takePosts(workbench: PostWorkbench, count = slots): Promise<PostWork[]> {
  const { database, jobs } = workshop;
  await database.prisma.$executeRaw`UPDATE pgboss.job SET start_after = now() WHERE name = 'write-post'`;
  const fetched = await jobs.fetch('write-post', count);
  const works = await workbench.claim(fetched.map((job) => ({ job, leaseId: randomUUID() })));
  const idle = fetched.filter(({ id }) => !works.some(({ jobId }) => jobId === id));
  await workbench.dismiss(idle);
  const calls = [{ step: 'caption', model: 'm', chain: ['m'], atMost: { inputTokens: 1, outputTokens: 0 } }];
  const opened = await Promise.all(works.map((work) => ledger.open(work, calls)));
  await Promise.all(opened.flatMap(idsIn).map(ledger.sent));
  return works;
}

/** All heartbeats fall silent, and another process finds that. */
async function die(): Promise<void> {
  await workshop.database.prisma
    .$executeRaw`UPDATE pgboss.job SET heartbeat_on = now() - interval '1 minute' WHERE name = 'write-post' AND state = 'active'`;
  await workshop.beSteady();
  const recovery = workshop.recoveryBy(workshop.startProcess(false));
  await recovery.recover(await recovery.findDead());
}

/** What must be gone when a batch is over. */
async function leftovers(batchId: string) {
  const { prisma } = workshop.database;
  const openCalls = await prisma.providerCall.count({
    where: { batchId, status: { in: ['INTENT', 'SENT'] } },
  });
  const [row] = await prisma.$queryRaw<{ jobs: number }[]>`
    SELECT count(*)::int AS jobs FROM pgboss.job j JOIN runs r ON r.id = (j.data->>'runId')::uuid
    WHERE j.name = 'write-post' AND r."batchId" = ${batchId}::uuid`;
  return { openCalls, jobs: row?.jobs };
}

const start = async (postCount: number) =>
  (await workshop.batches.start(account.viewer, { campaignId: account.campaignId, postCount })).id;
const batchOf = (id: string) => workshop.database.prisma.batch.findUniqueOrThrow({ where: { id } });

it('makes every post in the end, however many processes in a row were killed with them in hand', async () => {
  const batchId = await start(12);
  let inHand = 0;
  for (let kill = 1; kill <= 25; kill += 1) {
    inHand += (await takePosts(workshop.startProcess(false))).length;
    await die();
  }
  const survivor = workshop.startProcess(true);
  for (let turns = 0; turns < 30 && (await batchOf(batchId)).status === 'RUNNING'; turns += 1) {
    const works = await takePosts(survivor);
    expect(works.length).toBeLessThanOrEqual(1);
    await Promise.all(works.map((work) => survivor.settle(work, completed)));
  }
  expect(inHand).toBe(36);
  expect(await batchOf(batchId)).toMatchObject({ status: 'COMPLETED', completedCount: 12, failedCount: 0 });
  expect(await leftovers(batchId)).toEqual({ openCalls: 0, jobs: 0 });
});

it('makes every post in the end, where processes are killed after they have begun with suspects', async () => {
  const batchId = await start(slots);
  for (let kill = 1; kill <= 10; kill += 1) {
    expect((await takePosts(workshop.startProcess(true))).length).toBeGreaterThan(0);
    await die();
  }
  const survivor = workshop.startProcess(true);
  for (let turns = 0; turns < 40 && (await batchOf(batchId)).status === 'RUNNING'; turns += 1) {
    const works = await takePosts(survivor);
    await Promise.all(works.map((work) => survivor.settle(work, completed)));
  }
  expect(await batchOf(batchId)).toMatchObject({
    status: 'COMPLETED',
    completedCount: slots,
    failedCount: 0,
  });
});

it('gives up the one post that kills its process each time, and makes its neighbours', async () => {
  const batchId = await start(8);
  const poison = await workshop.database.prisma.post.findFirstOrThrow({ where: { batchId, position: 3 } });
  let crashes = 0;
  for (let process = 0; process < 30 && (await batchOf(batchId)).status === 'RUNNING'; process += 1) {
    const workbench = workshop.startProcess(true);
    for (;;) {
      const works = await takePosts(workbench, 4);
      if (works.length === 0) break;
      if (works.some(({ subjectId }) => subjectId === poison.id)) {
        crashes += 1;
        await die();
        break;
      }
      await Promise.all(works.map((work) => workbench.settle(work, completed)));
    }
  }
  expect(await batchOf(batchId)).toMatchObject({ status: 'COMPLETED', completedCount: 7, failedCount: 1 });
  expect(await workshop.database.prisma.post.findUnique({ where: { id: poison.id } })).toMatchObject({
    status: 'FAILED',
    errorCode: 'ABANDONED',
  });
  expect(crashes).toBe(8);
  expect(await leftovers(batchId)).toEqual({ openCalls: 0, jobs: 0 });
});

it('holds the death of a worker against no attempt of a post', async () => {
  await start(1);
  const workbench = workshop.startProcess(true);
  let isLast: boolean[] = [];
  for (const end of ['dies', 'fails', 'dies', 'fails', 'fails', 'fails', 'fails', 'dies', 'fails']) {
    const [work] = await takePosts(workbench);
    if (work === undefined) throw new Error('the post was not run again');
    isLast.push(work.isLastAttempt);
    await (end === 'dies' ? die() : workbench.release(work));
  }
  expect(isLast).toEqual([false, false, false, false, false, false, false, true, true]);
  expect(
    await workshop.database.prisma.post.findFirst({ where: { ownerId: account.viewer.workspaceId } }),
  ).toMatchObject({
    status: 'FAILED',
    errorCode: 'WORKER_FAILED',
  });
});

it('puts a post back whose worker died, even where its batch is paused and its job is gone', async () => {
  const batchId = await start(1);
  await takePosts(workshop.startProcess(false));
  await workshop.batches.pause(account.viewer, batchId);
  await workshop.database.prisma.$executeRaw`DELETE FROM pgboss.job WHERE name = 'write-post'`;
  await die();
  expect(await workshop.database.prisma.post.findFirst({ where: { batchId } })).toMatchObject({
    status: 'PENDING',
  });
  expect(await workshop.database.prisma.providerCall.findFirst({ where: { batchId } })).toMatchObject({
    status: 'UNKNOWN',
    errorCode: 'ANSWER_LOST',
  });
  await workshop.batches.resume(account.viewer, batchId);
  expect(await takePosts(workshop.startProcess(false))).toHaveLength(1);
});

it('closes the calls and removes the jobs of posts that are cancelled while their worker is dead', async () => {
  const batchId = await start(3);
  await takePosts(workshop.startProcess(false));
  await workshop.batches.cancel(account.viewer, batchId);
  expect(await leftovers(batchId)).toEqual({ openCalls: 0, jobs: 0 });
});

it('opens no call for a batch that was called off or paused since its post was taken', async () => {
  for (const control of ['cancel', 'pause'] as const) {
    const batchId = await start(1);
    const workbench = workshop.startProcess(false);
    const fetched = await workshop.jobs.fetch('write-post', 1);
    const [work] = await workbench.claim(fetched.map((job) => ({ job, leaseId: randomUUID() })));
    if (work === undefined) throw new Error('the post is there');
    await workshop.batches[control](account.viewer, batchId);
    const calls = [
      { step: 'caption', model: 'm', chain: ['m'], atMost: { inputTokens: 1, outputTokens: 0 } },
    ];
    expect(await ledger.open(work, calls)).toEqual({ refused: 'NOT_RUNNING' });
    await workbench.release(work);
  }
});

it('sends no call that was closed meanwhile', async () => {
  const batchId = await start(1);
  const workbench = workshop.startProcess(false);
  const fetched = await workshop.jobs.fetch('write-post', 1);
  const [work] = await workbench.claim(fetched.map((job) => ({ job, leaseId: randomUUID() })));
  if (work === undefined) throw new Error('the post is there');
  const calls = [{ step: 'caption', model: 'm', chain: ['m'], atMost: { inputTokens: 1, outputTokens: 0 } }];
  const [callId] = idsIn(await ledger.open(work, calls));
  await workshop.batches.cancel(account.viewer, batchId);
  await expect(ledger.sent(callId ?? '')).rejects.toThrow('The lease is lost');
  expect(await leftovers(batchId)).toEqual({ openCalls: 0, jobs: 0 });
});

it('takes no worker for dead while the database has just come back, though all heartbeats ran out meanwhile', async () => {
  const batchId = await start(2);
  const works = await takePosts(workshop.startProcess(true));
  const { prisma } = workshop.database;
  const silence = () => prisma.$executeRaw`
    UPDATE pgboss.job SET heartbeat_on = now() - interval '1 minute' WHERE name = 'write-post' AND state = 'active'`;
  await workshop.beSteady();
  await prisma.$executeRaw`UPDATE recovery_watches SET at = now() - interval '12 s'`;
  await silence();
  const recovery = workshop.recoveryBy(workshop.startProcess(false));
  await recovery.findDead();
  expect(await recovery.findDead()).toEqual([]);
  // Six seconds later.
  await prisma.$executeRaw`UPDATE recovery_watches SET "steadySince" = "steadySince" - interval '6 s'`;
  expect((await recovery.findDead()).map(({ leaseId }) => leaseId)).toEqual(
    expect.arrayContaining(works.map(({ leaseId }) => leaseId)),
  );
  await workshop.batches.cancel(account.viewer, batchId);
});
