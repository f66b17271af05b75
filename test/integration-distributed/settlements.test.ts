import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { PostResult } from '../../src/services/posts/results.ts';
import { openWorkshop } from '../support/workshop.ts';

const completed: PostResult = {
  status: 'COMPLETED',
  caption: { value: { caption: 'Hello', hashtags: ['#spring'] }, model: 'm', promptHash: '' },
  image: { value: 'key', model: 'm', promptHash: '' },
};

it('a lock on the batches of one account holds up the results of nobody else', async () => {
  await using workshop = await openWorkshop();
  const { batches, jobs, elsewhere } = workshop;
  const accounts = [await workshop.addAccount(), await workshop.addAccount()] as const;
  for (const { viewer, campaignId } of accounts) await batches.start(viewer, { campaignId, postCount: 1 });
  const workbench = workshop.startProcess(true);
  const fetched = await jobs.fetch('write-post', 2);
  const works = await workbench.claim(fetched.map((job) => ({ job, leaseId: randomUUID() })));
  const workOf = (place: 0 | 1) => {
    const work = works.find(({ ownerId }) => ownerId === accounts[place].viewer.workspaceId);
    if (work === undefined) throw new Error('the post was not claimed');
    return work;
  };

  const order: string[] = [];
  const isLocked = Promise.withResolvers<void>();
  const unlock = Promise.withResolvers<void>();
  const locking = elsewhere.transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM batches WHERE id = ${workOf(0).batchId}::uuid FOR UPDATE`;
    isLocked.resolve();
    await unlock.promise;
    order.push('unlocked');
  });
  await isLocked.promise;
  const first = workbench.settle(workOf(0), completed).then(() => order.push('locked account'));
  await workbench.settle(workOf(1), completed);
  order.push('other account');
  unlock.resolve();
  await Promise.all([locking, first]);
  expect(order).toEqual(['other account', 'unlocked', 'locked account']);
});
