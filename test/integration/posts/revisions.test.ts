import fc from 'fast-check';
import { describe, expect } from 'vitest';
import {
  ApprovePostDocument,
  CancelBatchDocument,
  RestoreRevisionDocument,
} from '../../../client/generated/graphql.ts';
import { signUp, startBatch, type Account } from '../../support/app.ts';
import { absentId, followToEnd, getBatch, getPosts, notFound } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';
import { playSteps, stepArbitrary } from '../../support/post-model.ts';
import { editPost, getPost, idlePost, regeneratePost } from '../../support/posts.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const test = base.extend('settings', { scope: 'file' }, () => ({ POST_SLOTS: '40' }));
test.afterEach(({ app }) => app.simulator.control.clearFaults());

async function completedPosts(account: Account, campaignId: string, postCount: number) {
  const batchId = await startBatch(account, { campaignId, postCount });
  await followToEnd(account, batchId);
  const posts = [];
  for (const { id } of await getPosts(account, { batchId })) posts.push(await getPost(account, id));
  return { batchId, posts };
}

async function completedPost(account: Account, campaignId: string) {
  const { batchId, posts } = await completedPosts(account, campaignId, 1);
  const [post] = posts;
  if (post === undefined) throw new Error('no post was made');
  return { batchId, post };
}

describe('a finished post', () => {
  test('has a revision of each field, with its model, time and prompt', async ({ account, campaignId }) => {
    const { post } = await completedPost(account, campaignId);
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
  test('writes the caption anew and keeps what was there', async ({ account, campaignId }) => {
    const { post } = await completedPost(account, campaignId);
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

  test('tells the second of two editors, and loses nothing', async ({ account, campaignId }) => {
    const { post } = await completedPost(account, campaignId);
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

  test('names what the channel does not take', async ({ account, campaignId }) => {
    const { post } = await completedPost(account, campaignId);
    const edited = await editPost(account, {
      postId: post.id,
      expectedVersion: post.version,
      hashtags: [...Array.from({ length: 10 }, (_, place) => `tag${place}`), 'not a tag'],
    });
    expect(edited).toMatchObject({ fields: [{ path: 'input.hashtags' }, { path: 'input.hashtags.10' }] });
  });

  test('is nobody else’s to do', async ({ app, account, campaignId }) => {
    const { post } = await completedPost(account, campaignId);
    const other = await signUp(app);
    for (const postId of [post.id, absentId('Post')]) {
      expect(await editPost(other, { postId, expectedVersion: 1, caption: 'x' })).toMatchObject(
        notFound('post'),
      );
    }
  });
});

describe('regeneratePost', () => {
  test('makes one part again and leaves the other one', async ({ app, account, campaignId }) => {
    const { batchId, post } = await completedPost(account, campaignId);
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

  test('leaves a person’s edit during its run as it is', async ({ account, campaignId }) => {
    const { post } = await completedPost(account, campaignId);
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

  test('changes nothing that an approved post shows', async ({ account, campaignId }) => {
    const { post } = await completedPost(account, campaignId);
    const input = { postId: post.id, expectedVersion: post.version, note: 'Good' };
    const { approvePost } = await account.run(ApprovePostDocument, { input });
    expect(approvePost).toMatchObject({ review: 'APPROVED', reviewNote: 'Good' });
    await regeneratePost(account, { postId: post.id, part: 'BOTH' });
    const after = await idlePost(account, post.id);
    expect(after).toMatchObject({ caption: post.caption, imageUrl: post.imageUrl, review: 'APPROVED' });
    expect(after.revisions).toHaveLength(6);
  });

  test('that fails leaves the post completed as it was, and says why', async ({
    app,
    account,
    campaignId,
  }) => {
    const { batchId, post } = await completedPost(account, campaignId);
    app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'chat' }]);
    await regeneratePost(account, { postId: post.id, part: 'CAPTION' });
    const after = await idlePost(account, post.id);
    expect(after).toMatchObject({ caption: post.caption, version: post.version });
    expect(after.errorCode).not.toBeNull();
    expect(await getBatch(account, batchId)).toMatchObject({
      progress: { completedCount: 1, failedCount: 0 },
    });
  });

  test('is called off with its batch, and the post stays completed', async ({ account, campaignId }) => {
    const { batchId, post } = await completedPost(account, campaignId);
    await regeneratePost(account, { postId: post.id, part: 'BOTH' });
    await account.run(CancelBatchDocument, { batchId });
    const after = await idlePost(account, post.id);
    expect(after.caption).not.toBeNull();
    expect(await getBatch(account, batchId)).toMatchObject({
      status: 'COMPLETED',
      progress: { completedCount: 1, cancelledCount: 0 },
    });
  });

  test('is refused for a post that is not completed', async ({ account, campaignId }) => {
    const batchId = await startBatch(account, { campaignId, postCount: 100 });
    await waitUntil('a post', async () => (await getPosts(account, { batchId })).length > 0);
    const [pending] = await getPosts(account, { batchId });
    const refused = await regeneratePost(account, { postId: pending?.id ?? '', part: 'BOTH' });
    expect(refused).toMatchObject({ __typename: 'PostStateError', code: 'POST_STATE' });
    await followToEnd(account, batchId);
  });
});

describe('the alt text', () => {
  test('is edited, restored and kept from models like any other field', async ({ account, campaignId }) => {
    const { post } = await completedPost(account, campaignId);
    const { id: postId, version } = post;
    expect(post.altText).toBeNull();
    const edit = { postId, expectedVersion: version, altText: ' A red tin ' };
    expect(await editPost(account, edit)).toMatchObject({ altText: 'A red tin', version: version + 1 });
    await editPost(account, { postId, expectedVersion: version + 1, altText: 'A blue tin' });
    expect((await getPost(account, postId)).revisions.slice(0, 3)).toMatchObject([
      { number: 5, field: 'ALT_TEXT', author: 'PERSON', isCurrent: true, altText: 'A blue tin' },
      { number: 4, field: 'ALT_TEXT', author: 'PERSON', isCurrent: false, altText: 'A red tin' },
      { number: 3, field: 'IMAGE', isCurrent: true, altText: null },
    ]);
    const input = { postId, expectedVersion: version + 2, number: 4 };
    const { restoreRevision } = await account.run(RestoreRevisionDocument, { input });
    expect(restoreRevision).toMatchObject({ altText: 'A red tin', imageUrl: post.imageUrl });
    await regeneratePost(account, { postId, part: 'BOTH' });
    expect(await idlePost(account, postId)).toMatchObject({ altText: 'A red tin' });
  });

  test.for([
    { altText: 'x'.repeat(1_001), message: 'must have at most 1000 characters' },
    { altText: '  ', message: 'must not be empty' },
  ])('is refused: it $message', async ({ altText, message }, { account, campaignId }) => {
    const { post } = await completedPost(account, campaignId);
    const edit = { postId: post.id, expectedVersion: post.version, altText };
    expect(await editPost(account, edit)).toMatchObject({ fields: [{ path: 'input.altText', message }] });
  });
});

describe('restoreRevision', () => {
  test('shows an earlier value again', async ({ account, campaignId }) => {
    const { post } = await completedPost(account, campaignId);
    const { id: postId, version } = post;
    await editPost(account, { postId, expectedVersion: version, caption: 'Mine' });
    const input = { postId, expectedVersion: version + 1, number: 1 };
    const { restoreRevision } = await account.run(RestoreRevisionDocument, { input });
    expect(restoreRevision).toMatchObject({ caption: post.caption, version: version + 2 });
  });
});

test('loses nothing and shows what people decided, in 200 interleavings of people and machines', async ({
  account,
  campaignId,
}) => {
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
}, 900_000);
