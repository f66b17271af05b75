import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  ApprovePostDocument,
  CancelBatchDocument,
  RejectPostDocument,
  RestoreRevisionDocument,
} from '../../client/generated/graphql.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../support/app.ts';
import { absentId, followToEnd, getBatch, getPosts, notFound } from '../support/batches.ts';
import { editPost, getPost, idlePost, regeneratePost } from '../support/posts.ts';
import { waitUntil } from '../support/services/wait-until.ts';

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
    expect((await getBatch(account, batchId)).progress).toMatchObject({
      completedCount: 1,
      cancelledCount: 0,
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

type Step =
  | { act: 'edit'; isStale: boolean }
  | { act: 'race' }
  | { act: 'regenerate'; part: 'CAPTION' | 'IMAGE' | 'BOTH' }
  | { act: 'approve' }
  | { act: 'reject' }
  | { act: 'restore'; place: number }
  | { act: 'wait' };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('edit' as const), isStale: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('race' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('regenerate' as const),
      part: fc.constantFrom('CAPTION' as const, 'IMAGE' as const, 'BOTH' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('approve' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reject' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('restore' as const), place: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('wait' as const) }) },
);

/** What must hold, whatever the machines' timing was. */
type Model = {
  written: string[];
  refused: string[];
  machineRevisions: number;
  /** The caption that a person wrote or chose last. */
  chosenCaption: string | undefined;
  approved: { caption: string | null | undefined; imageUrl: string | null | undefined } | undefined;
};

async function take(step: Step, postId: string, model: Model, name: string): Promise<void> {
  const { version: expectedVersion, revisions } = await getPost(account, postId);
  const write = async (caption: string, version: number) => {
    const answer = await editPost(account, { postId, expectedVersion: version, caption });
    if (answer.__typename === 'Post') {
      model.written.push(caption);
      model.chosenCaption = caption;
      model.approved = undefined;
    } else {
      expect(answer.__typename).toBe('VersionConflictError');
      model.refused.push(caption);
    }
    return answer.__typename;
  };
  const input = { postId, expectedVersion };
  switch (step.act) {
    case 'edit': {
      const answer = await write(name, step.isStale ? expectedVersion - 1 : expectedVersion);
      if (step.isStale) expect(answer).toBe('VersionConflictError');
      return;
    }
    case 'race': {
      const answers = await Promise.all([
        write(`${name} a`, expectedVersion),
        write(`${name} b`, expectedVersion),
      ]);
      expect(answers.filter((answer) => answer === 'Post').length).toBeLessThanOrEqual(1);
      return;
    }
    case 'regenerate': {
      const answer = await regeneratePost(account, { postId, part: step.part, instruction: name });
      if (answer.__typename === 'Post') {
        model.machineRevisions += { CAPTION: 2, IMAGE: 1, BOTH: 3 }[step.part];
      } else {
        expect(answer.__typename).toBe('PostStateError');
      }
      return;
    }
    case 'approve': {
      const { approvePost } = await account.run(ApprovePostDocument, { input });
      if (approvePost.__typename !== 'Post') return;
      model.approved = { caption: approvePost.caption, imageUrl: approvePost.imageUrl };
      return;
    }
    case 'reject': {
      const { rejectPost } = await account.run(RejectPostDocument, { input });
      if (rejectPost.__typename === 'Post') model.approved = undefined;
      return;
    }
    case 'restore': {
      const captions = revisions.filter(({ field }) => field === 'CAPTION');
      const revision = captions[step.place % captions.length];
      const { restoreRevision } = await account.run(RestoreRevisionDocument, {
        input: { ...input, number: revision?.number ?? 0 },
      });
      if (restoreRevision.__typename !== 'Post') return;
      model.chosenCaption = revision?.caption ?? undefined;
      model.approved = undefined;
      return;
    }
    case 'wait':
      await idlePost(account, postId);
      return;
    default:
      throw step satisfies never;
  }
}

it('loses nothing and shows what people decided, in 200 interleavings of people and machines', async () => {
  const batchId = await startBatch(account, { campaignId, postCount: 100 });
  const second = await startBatch(account, { campaignId, postCount: 100 });
  await Promise.all([followToEnd(account, batchId), followToEnd(account, second)]);
  const posts = [
    ...(await getPosts(account, { batchId })),
    ...(await getPosts(account, { batchId: second })),
  ];
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 2, maxLength: 7 }), async (steps) => {
      const postId = posts[run]?.id ?? '';
      run += 1;
      const model: Model = {
        written: [],
        refused: [],
        machineRevisions: 3,
        chosenCaption: undefined,
        approved: undefined,
      };
      for (const [place, step] of steps.entries()) await take(step, postId, model, `edit ${run}.${place}`);
      const post = await idlePost(account, postId);
      const numbers = post.revisions.map(({ number }) => number).toReversed();
      expect(numbers).toEqual(numbers.map((_, place) => place + 1));
      const byPeople = post.revisions.filter(({ author }) => author === 'PERSON');
      expect(byPeople.map(({ caption }) => caption).toSorted()).toEqual(model.written.toSorted());
      expect(post.revisions.length - byPeople.length).toBe(model.machineRevisions);
      for (const field of ['CAPTION', 'HASHTAGS', 'IMAGE'] as const) {
        expect(post.revisions.filter((one) => one.field === field && one.isCurrent)).toHaveLength(1);
      }
      if (model.chosenCaption !== undefined) expect(post.caption).toBe(model.chosenCaption);
      if (model.approved !== undefined) expect(post).toMatchObject({ ...model.approved, review: 'APPROVED' });
    }),
    { numRuns: 200, endOnFailure: true },
  );
}, 180_000);
