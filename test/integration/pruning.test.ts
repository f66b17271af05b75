import { expect, it } from 'vitest';
import { prune } from '../../src/services/pruning.ts';
import { createCampaign, signUp, startBatch, startTestApp } from '../support/app.ts';

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
