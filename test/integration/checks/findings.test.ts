import { expect } from 'vitest';
import { z } from 'zod';
import { EditPostDocument, UpdateBrandDocument } from '../../../client/generated/graphql.ts';
import { createCampaign, signUp, startBatch, type Account } from '../../support/app.ts';
import { createBrand } from '../../support/brands.ts';
import { followToEnd, getBatch } from '../../support/batches.ts';
import { captionAnswer } from '../../support/provider-answers.ts';
import { test as base } from '../../support/fixtures.ts';
import { post as send } from '../../support/raw-graphql.ts';

const test = base.extend('settings', { scope: 'file' }, () => ({ REWRITING: 'on', JUDGE: 'on' }));

const answerSchema = z.object({
  posts: z.object({
    edges: z.array(
      z.object({
        node: z.object({
          id: z.string(),
          version: z.number(),
          caption: z.string(),
          findings: z.array(
            z.object({ code: z.string(), clause: z.string().nullable(), excerpt: z.string().nullable() }),
          ),
        }),
      }),
    ),
  }),
});

/** Posts as the API shows them with their findings. */
async function postsOf(account: Account, filter: object) {
  const { data, errors } = await send(
    { url: account.url.replace(/\/graphql$/, '') },
    {
      query: `query ($filter: PostFilter) {
        posts(filter: $filter, first: 100) { edges { node { id version caption findings { code clause excerpt } } } }
      }`,
      variables: { filter },
    },
    { authorization: `Bearer ${account.token}` },
  );
  expect(errors).toEqual([]);
  return answerSchema.parse(data).posts.edges.map(({ node }) => node);
}

async function write(
  account: Account,
  input: { postCount?: number; campaignId?: string; maxCost?: number } = {},
) {
  const campaignId = input.campaignId ?? (await createCampaign(account));
  const batchId = await startBatch(account, { postCount: 1, ...input, campaignId });
  await followToEnd(account, batchId);
  return batchId;
}

const priced = (usage?: Record<string, number>) =>
  captionAnswer({
    content: JSON.stringify({ caption: 'Fresh from the farm, today for €19.99.', hashtags: ['coffee'] }),
    ...(usage && { usage }),
  });

test.for(['invented_price', 'wrong_language', 'too_long'] as const)(
  'a caption that is %s is written once more, and then is well',
  async (kind, { app }) => {
    const account = await signUp(app);
    app.simulator.control.resetStats();
    app.simulator.control.setFaults([{ kind }]);
    const batchId = await write(account, { campaignId: await createCampaign(account, { channel: 'X' }) });
    app.simulator.control.clearFaults();
    expect(app.simulator.control.violations().violations).toHaveLength(1);
    expect(app.simulator.control.stats().chat.received).toBe(2);
    expect(await postsOf(account, { batchId })).toMatchObject([{ findings: [] }]);
    expect((await getBatch(account, batchId)).progress).toMatchObject({ completedCount: 1 });
  },
);

test('what the second answer does not mend stands, and is found by a filter', async ({ app }) => {
  const account = await signUp(app);
  app.simulator.control.setFaults([priced()]);
  const batchId = await write(account);
  app.simulator.control.clearFaults();
  const found = [{ code: 'INVENTED_PRICE', clause: null, excerpt: '€19.99' }];
  expect(await postsOf(account, { finding: ['INVENTED_PRICE', 'OFF_BRAND'] })).toMatchObject([
    { findings: found },
  ]);
  expect(await postsOf(account, { batchId, hasFindings: true })).toHaveLength(1);
  expect(await postsOf(account, { batchId, hasFindings: false })).toEqual([]);
  expect(await postsOf(account, { finding: ['TOO_LONG'] })).toEqual([]);
});

test('a budget that has no room for a second answer keeps the first with its finding', async ({ app }) => {
  const account = await signUp(app);
  // The answer costs nearly all that was set aside for it.
  app.simulator.control.setFaults([priced({ prompt_tokens: 300, completion_tokens: 2_400 })]);
  app.simulator.control.resetStats();
  const campaignId = await createCampaign(account);
  // Caption and image set at most 2.7 cents aside and cost 1.9; another caption would set 1.2 aside.
  const batchId = await write(account, { campaignId, maxCost: 0.028 });
  app.simulator.control.clearFaults();
  expect(app.simulator.control.stats().chat.received).toBe(1);
  expect(await postsOf(account, { batchId })).toMatchObject([{ findings: [{ code: 'INVENTED_PRICE' }] }]);
  expect(await getBatch(account, batchId)).toMatchObject({ status: 'COMPLETED' });
});

test('a second answer that fails keeps the first with its finding', async ({ app }) => {
  const account = await signUp(app);
  app.simulator.control.setFaults([
    { kind: 'refusal', endpoint: 'chat', match: 'whatIsWrong' },
    { ...priced(), count: 1 },
  ]);
  const batchId = await write(account);
  app.simulator.control.clearFaults();
  expect(await postsOf(account, { batchId })).toMatchObject([{ findings: [{ code: 'INVENTED_PRICE' }] }]);
});

test('a post that a person mends has no finding any more, and its batch one less', async ({ app }) => {
  const account = await signUp(app);
  app.simulator.control.setFaults([priced()]);
  const batchId = await write(account);
  app.simulator.control.clearFaults();
  const edit = async (caption: string) => {
    const [shown] = await postsOf(account, { batchId });
    const input = { postId: shown?.id ?? '', expectedVersion: shown?.version ?? 0, caption };
    const { editPost } = await account.run(EditPostDocument, { input });
    expect(editPost.__typename).toBe('Post');
    return postsOf(account, { batchId });
  };
  expect(await edit('Fresh from the farm.')).toMatchObject([{ findings: [] }]);
  expect(await postsOf(account, { batchId, hasFindings: true })).toEqual([]);
  expect(await edit('Fresh from the farm on 5 May.')).toMatchObject([
    { findings: [{ code: 'INVENTED_DATE', excerpt: '5 May' }] },
  ]);
});

test('an edit is checked against the version of the brand that the post was made with', async ({ app }) => {
  const account = await signUp(app);
  const forbidding = (...forbidden: string[]) => ({ vocabulary: { forbidden } });
  const brandId = await createBrand(account, 'Alpenglow', forbidding('cheap'));
  const batchId = await write(account, { campaignId: await createCampaign(account, { brandId }) });
  await account.run(UpdateBrandDocument, {
    input: { brandId, expectedVersion: 1, content: forbidding('farm', 'cheap') },
  });
  const [made] = await postsOf(account, { batchId });
  const input = { postId: made?.id ?? '', expectedVersion: made?.version ?? 0 };
  await account.run(EditPostDocument, { input: { ...input, caption: 'The coffee of a farm is cheap.' } });
  expect(await postsOf(account, { batchId })).toMatchObject([
    { findings: [{ code: 'FORBIDDEN_WORD', clause: 'vocabulary.forbidden.1', excerpt: 'cheap' }] },
  ]);
});

test('of clauses that two judges name only those stand that both name', async ({ app }) => {
  const account = await signUp(app);
  const brandId = await createBrand(account, 'Alpenglow', {
    voice: { do: ['Speak of mornings'], dont: ['Shout', 'Boast'] },
  });
  const campaignId = await createCampaign(account, { brandId });
  const violation = (clause: string, excerpt: string) => ({ clause, excerpt });
  const caption = 'The best coffee there is, from small farms.';
  const judged = (violations: object[], order: string) => ({
    ...captionAnswer({ content: JSON.stringify({ violations }) }),
    match: order,
  });
  app.simulator.control.setFaults([
    judged(
      [violation('voice.dont.2', 'The best coffee'), violation('voice.dont.1', 'from small')],
      '"id": "voice.do.1",\n   "text": "Speak of mornings"\n  },',
    ),
    judged(
      [violation('voice.dont.2', 'best coffee there is'), violation('voice.do.1', 'not there')],
      '"id": "voice.do.1",\n   "text": "Speak of mornings"\n  }\n',
    ),
    captionAnswer({ content: JSON.stringify({ caption, hashtags: [] }) }),
  ]);
  const batchId = await write(account, { campaignId });
  app.simulator.control.clearFaults();
  expect(await postsOf(account, { batchId })).toMatchObject([
    { findings: [{ code: 'OFF_BRAND', clause: 'voice.dont.2', excerpt: 'The best coffee' }] },
  ]);
  const edit = async (words: string) => {
    const [shown] = await postsOf(account, { batchId });
    const input = { postId: shown?.id ?? '', expectedVersion: shown?.version ?? 0, caption: words };
    await account.run(EditPostDocument, { input });
    return (await postsOf(account, { batchId })).map(({ findings }) => findings);
  };
  // Nobody judges an edit: the finding stays as long as its words do.
  expect(await edit(`${caption}!`)).toMatchObject([[{ code: 'OFF_BRAND' }]]);
  expect(await edit('Good coffee, from small farms.')).toEqual([[]]);
});
