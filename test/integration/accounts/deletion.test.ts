import { expect, it } from 'vitest';
import {
  CampaignDocument,
  DeleteAccountDocument,
  DeleteCampaignDocument,
  PostsDocument,
} from '../../../client/generated/graphql.ts';
import { clientOf, createCampaign, signUp, startBatch, startTestApp } from '../../support/app.ts';
import { followToEnd } from '../../support/batches.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const password = 'correct horse';

/** Images of the last ten minutes stay: a call may still come to refer to them. */
const longAgo = new Date(0);

/** Between two looks, which need a restart, the app has time for its work. */
const settling = { intervalMs: 5_000 };

it('a picture that the ledger of another account has bought stays when an account with the same one is deleted', async () => {
  let app = await startTestApp();
  await using opened = new AsyncDisposableStack();
  opened.defer(() => app[Symbol.asyncDispose]());
  const [leaving, staying] = [await signUp(app), await signUp(app)];
  const made = await startBatch(leaving, { campaignId: await createCampaign(leaving), postCount: 1 });
  await followToEnd(leaving, made);
  const { posts } = await leaving.run(PostsDocument, { filter: {}, first: 1 });
  const address = new URL(posts.edges[0]?.node.imageUrl ?? '').pathname;
  const key = address.split('/').at(-1) ?? '';
  const own = await startBatch(staying, { campaignId: await createCampaign(staying), postCount: 1 });
  await followToEnd(staying, own);
  // The other account has bought the same bytes, and no post of it shows them yet.
  app = await app.restart(async (prisma) => {
    const users = await prisma.user.findMany({ orderBy: { id: 'asc' } });
    await prisma.providerCall.updateMany({
      where: { ownerId: users[1]?.id ?? '', step: 'image' },
      data: { result: key },
    });
    await prisma.image.updateMany({ data: { storedAt: longAgo } });
  });
  const picture = () => fetch(`${app.url}${address}`).then(({ status }) => status);
  expect(await picture()).toBe(200);
  await clientOf(app, leaving.token).run(DeleteAccountDocument, { input: { password } });
  await waitUntil(
    'the account to be gone',
    async () => {
      let left = Number.NaN;
      app = await app.restart(async (prisma) => {
        const jobs = await prisma.$queryRaw<unknown[]>`
        SELECT 1 FROM pgboss.job WHERE name = 'asset-removals' AND state < 'completed'`;
        left = (await prisma.user.count()) - 1 + jobs.length;
      });
      return left === 0;
    },
    settling,
  );
  expect(await picture()).toBe(200);
});

it('a picture that was stored and that no row came to refer to is removed by the hourly job', async () => {
  let app = await startTestApp();
  await using opened = new AsyncDisposableStack();
  opened.defer(() => app[Symbol.asyncDispose]());
  const account = await signUp(app);
  await followToEnd(
    account,
    await startBatch(account, { campaignId: await createCampaign(account), postCount: 1 }),
  );
  const { posts } = await account.run(PostsDocument, { filter: {}, first: 1 });
  const address = new URL(posts.edges[0]?.node.imageUrl ?? '').pathname;
  const status = async () => (await fetch(`${app.url}${address}`)).status;
  expect(await status()).toBe(200);
  // As a worker leaves it that is killed between storing and writing.
  app = await app.restart(async (prisma) => {
    await prisma.post.deleteMany();
    await prisma.providerCall.deleteMany();
    await prisma.image.updateMany({ data: { storedAt: longAgo } });
    await prisma.$executeRaw`INSERT INTO pgboss.job (name) VALUES ('pruning')`;
  });
  await waitUntil('the picture to be gone', async () => (await status()) === 404);
});

it('a campaign goes with its posts, their pictures and what the ledger holds of them', async () => {
  let app = await startTestApp();
  await using opened = new AsyncDisposableStack();
  opened.defer(() => app[Symbol.asyncDispose]());
  const account = await signUp(app);
  const campaignId = await createCampaign(account);
  await followToEnd(account, await startBatch(account, { campaignId, postCount: 120 }));
  const { posts } = await account.run(PostsDocument, { filter: { campaignId }, first: 5 });
  const pictures = posts.edges.map(({ node }) => new URL(node.imageUrl ?? '').pathname);
  app = await app.restart(async (prisma) => {
    await prisma.image.updateMany({ data: { storedAt: longAgo } });
  });
  const { run } = clientOf(app, account.token);
  const { deleteCampaign } = await run(DeleteCampaignDocument, { campaignId });
  expect(deleteCampaign.__typename).toBe('DeletedCampaign');
  expect((await run(CampaignDocument, { id: campaignId })).campaign).toBeNull();
  await waitUntil('the pictures to be gone', async () => {
    const answers = await Promise.all(pictures.map((path) => fetch(`${app.url}${path}`)));
    return answers.every(({ status }) => status === 404);
  });
});
