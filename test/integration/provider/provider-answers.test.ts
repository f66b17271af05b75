import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { getPosts, waitForBatch } from '../../support/batches.ts';
import { captionAnswer } from '../../support/provider-answers.ts';

let app: TestApp;
let account: Account;
let campaignId: string;
beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
  campaignId = await createCampaign(account);
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(() => {
  app.simulator.control.clearFaults();
  app.simulator.control.resetStats();
});

/** Makes one post, and returns it with its batch. */
async function makeOne() {
  const batchId = await startBatch(account, { campaignId, postCount: 1 });
  const batch = await waitForBatch(account, batchId, 'ends', ({ status }) => status === 'COMPLETED');
  const [post] = await getPosts(account, { batchId });
  return { batch, post };
}

const usage = { prompt_tokens: 500, completion_tokens: 2_000 };
const caption = (text: string) => JSON.stringify({ caption: text, hashtags: [] });

describe('a caption that cannot be stored', () => {
  it.each([
    ['a NUL', captionAnswer({ content: caption('before\u0000after'), usage })],
    ['half a surrogate pair', captionAnswer({ content: caption('before\ud800after'), usage })],
    [
      'a hashtag with half a surrogate pair',
      captionAnswer({ content: '{"caption":"fine","hashtags":["\\udc00"]}', usage }),
    ],
    ['a million characters', captionAnswer({ content: caption('a'.repeat(1_000_000)), usage })],
    [
      'a hundred thousand hashtags',
      captionAnswer({
        content: JSON.stringify({ caption: 'fine', hashtags: Array(100_000).fill('tag') }),
        usage,
      }),
    ],
    ['a body without choices', { kind: 'scripted', endpoint: 'chat', body: { choices: null } }],
    ['a body that is null', { kind: 'scripted', endpoint: 'chat', body: null }],
  ] as const)('(%s) is paid once, and the post is completed by the next one', async (_what, fault) => {
    app.simulator.control.setFaults([{ ...fault, count: 1 }]);
    const { post, batch } = await makeOne();
    expect(post).toMatchObject({ status: 'COMPLETED' });
    expect(app.simulator.control.stats().chat.received).toBe(2);
    expect(app.simulator.control.stats().images.received).toBe(1);
    // The useless caption is in the cost with what it said, or with the most that it may have used.
    const { usage } = app.simulator.control.stats().images;
    const picture = (usage.inputTokens * 5 + usage.outputTokens * 30) / 1_000_000;
    expect(batch.cost).toBeGreaterThan(picture + (2_000 * 4.5) / 1_000_000);
  });

  it('ends its post after three purchases where it comes every time', async () => {
    app.simulator.control.setFaults([captionAnswer({ content: caption('a\u0000b') })]);
    const { post } = await makeOne();
    expect(post).toMatchObject({ status: 'FAILED', errorCode: 'BAD_ANSWER' });
    expect(app.simulator.control.stats().chat.received).toBe(3);
  });
});

describe('useless answers', () => {
  it('are three before they end a post, whatever else failed before them', async () => {
    app.simulator.control.setFaults([
      { kind: 'server_error', endpoint: 'chat', count: 1 },
      { ...captionAnswer({ content: caption('a\u0000b') }), count: 2 },
    ]);
    const { post } = await makeOne();
    expect(post).toMatchObject({ status: 'COMPLETED' });
    expect(app.simulator.control.stats().chat.received).toBe(4);
  });
});

describe('usage that cannot be', () => {
  it.each([
    ['negative', { prompt_tokens: -1_000_000_000, completion_tokens: -1 }],
    ['fractional', { prompt_tokens: 300.5, completion_tokens: 60.25 }],
    ['huge', { prompt_tokens: 2_000_000_000, completion_tokens: 2_000_000_000 }],
    ['beyond all integers', { prompt_tokens: 1e300, completion_tokens: 1 }],
    ['nothing for something', { prompt_tokens: 0, completion_tokens: 0 }],
    ['absent', null],
  ])(
    '(%s) is charged as the most that the call may have used, and the caption is kept',
    async (_what, usage) => {
      app.simulator.control.setFaults([captionAnswer({ usage })]);
      const { post, batch } = await makeOne();
      expect(post).toMatchObject({ status: 'COMPLETED', caption: 'Fresh from the farm.' });
      expect(app.simulator.control.stats().chat.received).toBe(1);
      // 2,500 tokens of output at 4.5 dollars a million are the most of a caption; the picture is 0.006.
      expect(batch.cost).toBeGreaterThan(0.011_25);
      expect(batch.cost).toBeLessThan(0.04);
    },
  );
});

describe('a picture that cannot be stored', () => {
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  it.each([
    ['is no PNG', { b64_json: Buffer.from('<svg/>').toString('base64') }],
    ['has no end', { b64_json: png.toString('base64') }],
    ['is no text', { b64_json: 17 }],
  ])('(it %s) is paid once, and the post is completed by the next one', async (_what, picture) => {
    const usage = { input_tokens: 100, output_tokens: 200 };
    app.simulator.control.setFaults([
      { kind: 'scripted', endpoint: 'images', count: 1, body: { data: [picture], usage } },
    ]);
    const { post } = await makeOne();
    expect(post).toMatchObject({ status: 'COMPLETED' });
    expect(app.simulator.control.stats().images.received).toBe(2);
  });
});
