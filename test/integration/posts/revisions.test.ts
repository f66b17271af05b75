import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  ApprovePostDocument,
  CancelBatchDocument,
  RestoreRevisionDocument,
} from '../../../client/generated/graphql.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { absentId, followToEnd, getBatch, getPosts, notFound } from '../../support/batches.ts';
import { playSteps, stepArbitrary } from '../../support/post-model.ts';
import { editPost, getPost, idlePost, regeneratePost } from '../../support/posts.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

let app: TestApp;
let account: Account;
let campaignId: string;
beforeAll(async () => {
  app = await startTestApp({ POST_SLOTS: '40' });
  account = await signUp(app);
  campaignId = await createCampaign(account);
});
afterAll(() => app[Symbol.asyncDispose]());
afterEach(() => app.simulator.control.clearFaults());

async function completedPosts(postCount: number) {
  const batchId = await startBatch(account, { campaignId, postCount });
  await followToEnd(account, batchId);
  const posts = [];
  for (const { id } of await getPosts(account, { batchId })) posts.push(await getPost(account, id));
  return { batchId, posts };
}

async function completedPost() {
  const { batchId, posts } = await completedPosts(1);
  const [post] = posts;
  if (post === undefined) throw new Error('no post was made');
  return { batchId, post };
}

describe('a finished post', () => {
  it('has a revision of each field, with its model, time and prompt', async () => {
    const { post } = await completedPost();
    expect(post.revisions).toMatchObject([
      { number: 3, field: 'IMAGE', author: 'MODEL', isCurrent: true, imageUrl: post.imageUrl },
      { number: 2, field: 'HASHTAGS', author: 'MODEL', isCurrent: true, hashtags: post.hashtags },
      { number: 1, field: 'CAPTION', author: 'MODEL', isCurrent: true, caption: post.caption },
    ]);
    for (const { model, promptHash } of post.revisions) {
      expect(model).toMatch(/^gpt-/);
      expect(promptHash).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe('editPost', () => {
  it('writes the caption anew and keeps what was there', async () => {
    const { post } = await completedPost();
    const { id: postId, version: expectedVersion } = post;
    const edited = await editPost(account, {
      postId,
      expectedVersion,
      caption: 'Mine',
      hashtags: ['a', '#b'],
    });
    expect(edited).toMatchObject({ caption: 'Mine', hashtags: ['#a', '#b'], version: expectedVersion + 1 });
    expect((await getPost(account, postId)).revisions).toMatchObject([
      { number: 5, field: 'HASHTAGS', author: 'PERSON', isCurrent: true, model: null },
      { number: 4, field: 'CAPTION', author: 'PERSON', isCurrent: true, caption: 'Mine' },
      { number: 3, isCurrent: true },
      { number: 2, isCurrent: false },
      { number: 1, isCurrent: false, caption: post.caption },
    ]);
  });

  it('tells the second of two editors, and loses nothing', async () => {
    const { post } = await completedPost();
    const { id: postId, version: expectedVersion } = post;
    const answers = await Promise.all(
      ['one', 'two'].map((caption) => editPost(account, { postId, expectedVersion, caption })),
    );
    expect(answers.map((answer) => answer.__typename).toSorted()).toEqual(['Post', 'VersionConflictError']);
    expect(answers).toContainEqual(
      expect.objectContaining({ code: 'VERSION_CONFLICT', currentVersion: expectedVersion + 1 }),
    );
    const { revisions } = await getPost(account, postId);
    expect(revisions.filter(({ author }) => author === 'PERSON')).toHaveLength(1);
  });

  it('names what the channel does not take', async () => {
    const { post } = await completedPost();
    const edited = await editPost(account, {
      postId: post.id,
      expectedVersion: post.version,
      hashtags: [...Array.from({ length: 10 }, (_, place) => `tag${place}`), 'not a tag'],
    });
    expect(edited).toMatchObject({ fields: [{ path: 'input.hashtags' }, { path: 'input.hashtags.10' }] });
  });

  it('is nobody else’s to do', async () => {
    const { post } = await completedPost();
    const other = await signUp(app);
    for (const postId of [post.id, absentId('Post')]) {
      expect(await editPost(other, { postId, expectedVersion: 1, caption: 'x' })).toMatchObject(
        notFound('post'),
      );
    }
  });
});

describe('regeneratePost', () => {
  it('makes one part again and leaves the other one', async () => {
    const { batchId, post } = await completedPost();
    app.simulator.control.resetStats();
    const ordered = await regeneratePost(account, {
      postId: post.id,
      part: 'CAPTION',
      instruction: 'Shorter',
    });
    expect(ordered).toMatchObject({ __typename: 'Post', caption: post.caption });
    await followToEnd(account, batchId);
    const again = await getPost(account, post.id);
    expect(again.caption).not.toBe(post.caption);
    expect(again.imageUrl).toBe(post.imageUrl);
    expect(again.revisions.map(({ field }) => field)).toEqual([
      'HASHTAGS',
      'CAPTION',
      'IMAGE',
      'HASHTAGS',
      'CAPTION',
    ]);
    expect(app.simulator.control.stats()).toMatchObject({ chat: { received: 1 }, images: { received: 0 } });
    expect(await getBatch(account, batchId)).toMatchObject({
      status: 'COMPLETED',
      progress: { completedCount: 1, failedCount: 0 },
    });
  });

  it('leaves a person’s edit during its run as it is', async () => {
    const { post } = await completedPost();
    await regeneratePost(account, { postId: post.id, part: 'BOTH' });
    const edited = await editPost(account, {
      postId: post.id,
      expectedVersion: post.version,
      caption: 'By hand',
    });
    expect(edited.__typename).toBe('Post');
    const after = await idlePost(account, post.id);
    expect(after.caption).toBe('By hand');
    expect(
      after.revisions.filter(({ field, author }) => field === 'CAPTION' && author === 'MODEL'),
    ).toHaveLength(2);
    expect(after.imageUrl).not.toBe(post.imageUrl);
  });

  it('changes nothing that an approved post shows', async () => {
    const { post } = await completedPost();
    const input = { postId: post.id, expectedVersion: post.version, note: 'Good' };
    const { approvePost } = await account.run(ApprovePostDocument, { input });
    expect(approvePost).toMatchObject({ review: 'APPROVED', reviewNote: 'Good' });
    await regeneratePost(account, { postId: post.id, part: 'BOTH' });
    const after = await idlePost(account, post.id);
    expect(after).toMatchObject({ caption: post.caption, imageUrl: post.imageUrl, review: 'APPROVED' });
    expect(after.revisions).toHaveLength(6);
  });

  it('that fails leaves the post completed as it was, and says why', async () => {
    const { batchId, post } = await completedPost();
    app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'chat' }]);
    await regeneratePost(account, { postId: post.id, part: 'CAPTION' });
    const after = await idlePost(account, post.id);
    expect(after).toMatchObject({ caption: post.caption, version: post.version });
    expect(after.errorCode).not.toBeNull();
    expect(await getBatch(account, batchId)).toMatchObject({
      progress: { completedCount: 1, failedCount: 0 },
    });
  });

  it('is called off with its batch, and the post stays completed', async () => {
    const { batchId, post } = await completedPost();
    await regeneratePost(account, { postId: post.id, part: 'BOTH' });
    await account.run(CancelBatchDocument, { batchId });
    const after = await idlePost(account, post.id);
    expect(after.caption).not.toBeNull();
    expect(await getBatch(account, batchId)).toMatchObject({
      status: 'COMPLETED',
      progress: { completedCount: 1, cancelledCount: 0 },
    });
  });

  it('is refused for a post that is not completed', async () => {
    const batchId = await startBatch(account, { campaignId, postCount: 100 });
    await waitUntil('a post', async () => (await getPosts(account, { batchId })).length > 0);
    const [pending] = await getPosts(account, { batchId });
    const refused = await regeneratePost(account, { postId: pending?.id ?? '', part: 'BOTH' });
    expect(refused).toMatchObject({ __typename: 'PostStateError', code: 'POST_STATE' });
    await followToEnd(account, batchId);
  });
});

describe('restoreRevision', () => {
  it('shows an earlier value again', async () => {
    const { post } = await completedPost();
    const { id: postId, version } = post;
    await editPost(account, { postId, expectedVersion: version, caption: 'Mine' });
    const input = { postId, expectedVersion: version + 1, number: 1 };
    const { restoreRevision } = await account.run(RestoreRevisionDocument, { input });
    expect(restoreRevision).toMatchObject({ caption: post.caption, version: version + 2 });
  });
});

it('loses nothing and shows what people decided, in 200 interleavings of people and machines', async () => {
  const batches = [
    await startBatch(account, { campaignId, postCount: 100 }),
    await startBatch(account, { campaignId, postCount: 100 }),
  ];
  await Promise.all(batches.map((batchId) => followToEnd(account, batchId)));
  const posts = (await Promise.all(batches.map((batchId) => getPosts(account, { batchId })))).flat();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 2, maxLength: 7 }), async (steps) => {
      const postId = posts[run]?.id ?? '';
      run += 1;
      expect(await playSteps(account, postId, steps)).toEqual([]);
    }),
    { numRuns: 200, endOnFailure: true },
  );
}, 180_000);
