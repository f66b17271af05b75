import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  ChooseImageDocument,
  ResumeBatchDocument,
  type ChooseImageInput,
} from '../../../client/generated/graphql.ts';
import {
  clientOf,
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { followToEnd, getPosts, waitForBatch } from '../../support/batches.ts';
import { getPost, idlePost, regeneratePost } from '../../support/posts.ts';

/** Batches of one post with three images to choose from. They wait for a larger budget. */
const waiting: string[] = [];
const batchCount = 6;
let app: TestApp;
let account: Account;

beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
  const campaignId = await createCampaign(account);
  for (let count = 0; count < batchCount; count += 1) {
    waiting.push(await startBatch(account, { campaignId, postCount: 1, maxCost: 0.0001 }));
  }
  for (const id of waiting) await waitForBatch(account, id, 'waits', ({ status }) => status === 'PAUSED');
  app = await app.restart(async (prisma) => {
    await prisma.batch.updateMany({ data: { imageCandidates: 3 } });
  });
  account = { ...account, url: `${app.url}/graphql`, run: clientOf(app, account.token).run };
});
afterEach(() => app.simulator.control.clearFaults());
afterAll(() => app[Symbol.asyncDispose]());

async function nextPost() {
  const batchId = waiting.pop();
  if (batchId === undefined) throw new Error('every batch has been used');
  app.simulator.control.resetStats();
  await account.run(ResumeBatchDocument, { batchId, maxCost: 100 });
  await followToEnd(account, batchId);
  const [post] = await getPosts(account, { batchId });
  return getPost(account, post?.id ?? '');
}

async function choose(input: ChooseImageInput) {
  return (await account.run(ChooseImageDocument, { input })).chooseImage;
}

const imagesPaid = () => app.simulator.control.stats().images.usage.images;

it('a post has as many images as were ordered, all different, and shows the first', async () => {
  const post = await nextPost();
  expect(post.imageCandidates).toMatchObject([
    { number: 3, isCurrent: true, imageUrl: post.imageUrl },
    { number: 4, isCurrent: false },
    { number: 5, isCurrent: false },
  ]);
  expect(new Set(post.imageCandidates.map(({ imageUrl }) => imageUrl)).size).toBe(3);
  expect(imagesPaid()).toBe(3);
});

it('chooseImage shows another one, which no model replaces', async () => {
  const { id: postId, version: expectedVersion, imageCandidates } = await nextPost();
  const [, second] = imageCandidates;
  const input = { postId, expectedVersion, number: second?.number ?? 0 };
  expect(await choose(input)).toMatchObject({
    version: expectedVersion + 1,
    imageUrl: second?.imageUrl,
    imageCandidates: [{ isCurrent: false }, { isCurrent: true }, { isCurrent: false }],
  });
  expect(await choose(input)).toMatchObject({ __typename: 'VersionConflictError' });

  await regeneratePost(account, { postId, part: 'IMAGE' });
  const again = await idlePost(account, postId);
  expect(again.imageUrl).toBe(second?.imageUrl);
  // Those of the last run, of which none is shown.
  expect(again.imageCandidates).toMatchObject([
    { number: 6, isCurrent: false },
    { number: 7, isCurrent: false },
    { number: 8, isCurrent: false },
  ]);
});

it('chooseImage refuses what is no revision of the image, and changes nothing', async () => {
  const { id: postId, version: expectedVersion } = await nextPost();
  for (const number of [1, 2, 6, 0, -1]) {
    expect(await choose({ postId, expectedVersion, number })).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [{ path: 'input.number', message: 'must be the number of a revision of the image' }],
    });
  }
  expect(await getPost(account, postId)).toMatchObject({ version: expectedVersion });
});

it('a candidate that is refused for good leaves the post with those that are there', async () => {
  app.simulator.control.setFaults([{ kind: 'refusal', match: 'picture 2 of 3' }]);
  const post = await nextPost();
  expect(post).toMatchObject({ status: 'COMPLETED', imageCandidates: [{ number: 3 }, { number: 4 }] });
  expect(imagesPaid()).toBe(2);
});

it('a candidate that fails for a moment is drawn again, and nothing is bought twice', async () => {
  app.simulator.control.setFaults([{ kind: 'server_error', match: 'picture 3 of 3', count: 1 }]);
  const post = await nextPost();
  expect(post.imageCandidates).toMatchObject([{ number: 3 }, { number: 4 }, { number: 5 }]);
  expect(imagesPaid()).toBe(3);
});

it('a post whose own image is refused fails, whatever there is to choose from', async () => {
  app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'images', match: 'take composition' }]);
  const post = await nextPost();
  expect(post).toMatchObject({ status: 'FAILED', errorCode: 'CONTENT_REFUSED', imageCandidates: [] });
});
