import { expect, it } from 'vitest';
import { prune } from '../../../src/services/deletion/pruning.ts';
import { createCampaign, signUp, startBatch, startTestApp } from '../../support/app.ts';
import { followToEnd } from '../../support/batches.ts';
import { rowId } from '../../support/workspaces.ts';

it('sessions and idempotency keys past their end are deleted, others stay', async () => {
  await using app = await startTestApp();
  const account = await signUp(app);
  const campaignId = await createCampaign(account);
  for (const idempotencyKey of ['old', 'new'])
    await startBatch(account, { campaignId, postCount: 1, idempotencyKey });
  await signUp(app);
  const left = { sessions: 0, refreshTokens: 0, keys: [''] };
  await app.restart(async (prisma) => {
    const [session] = await prisma.session.findMany({ take: 1 });
    const past = new Date(Date.now() - 26 * 3_600_000);
    await prisma.session.update({ where: { id: session?.id ?? '' }, data: { expiresAt: past } });
    await prisma.idempotencyKey.updateMany({ where: { key: 'old' }, data: { createdAt: past } });
    await prune({ prisma }, 30);
    left.sessions = await prisma.session.count();
    left.refreshTokens = await prisma.refreshToken.count();
    left.keys = (await prisma.idempotencyKey.findMany()).map(({ key }) => key);
  });
  expect(left).toEqual({ sessions: 1, refreshTokens: 1, keys: ['new'] });
});

it('an account whose clock went back keeps its events, and the old ones of others are deleted', async () => {
  await using app = await startTestApp();
  const [odd, other] = [await signUp(app), await signUp(app)];
  for (const account of [odd, other]) {
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 1 });
    await followToEnd(account, batchId);
  }
  let left: { owners: string[]; odd: string } | undefined;
  await app.restart(async (prisma) => {
    const [first] = await prisma.event.findMany({ orderBy: { createdAt: 'asc' }, take: 1 });
    const old = (days: number) => new Date(Date.now() - days * 86_400_000);
    await prisma.event.updateMany({ data: { createdAt: old(40) } });
    // The oldest of all stands behind a young one.
    const own = { ownerId: first?.ownerId ?? '' };
    await prisma.event.updateMany({ where: { ...own, userSeq: { gt: 1 } }, data: { createdAt: old(50) } });
    await prisma.event.updateMany({ where: { ...own, userSeq: 1 }, data: { createdAt: new Date() } });
    await prune({ prisma }, 30);
    const events = await prisma.event.findMany({ distinct: 'ownerId' });
    left = { owners: events.map(({ ownerId }) => ownerId), odd: own.ownerId };
  });
  expect(left?.owners).toEqual([left?.odd]);
});

it('drafts of batches that finished long ago are deleted, those of others stay', async () => {
  await using app = await startTestApp();
  const account = await signUp(app);
  const campaignId = await createCampaign(account);
  const batchIds = [];
  for (const _ of ['old', 'new']) {
    const batchId = await startBatch(account, { campaignId, postCount: 2 });
    await followToEnd(account, batchId);
    batchIds.push(rowId(batchId));
  }
  const [old = '', young = ''] = batchIds;
  let left: string[] = [];
  await app.restart(async (prisma) => {
    const finishedAt = new Date(Date.now() - 8 * 86_400_000);
    await prisma.batch.update({ where: { id: old }, data: { finishedAt } });
    await prune({ prisma }, 30);
    left = (await prisma.captionDraft.findMany()).map(({ batchId }) => batchId);
  });
  expect(left).toEqual([young, young]);
});
