import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostsDocument } from '../../../client/generated/graphql.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { absentId, followToEnd, getPosts } from '../../support/batches.ts';
import { editPost } from '../../support/posts.ts';

let app: TestApp;
let account: Account;
let batchId: string;
beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
  batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 5 });
  await followToEnd(account, batchId);
  const [post] = await getPosts(account, { batchId });
  const { id: postId = '', version: expectedVersion = 0 } = post ?? {};
  await editPost(account, { postId, expectedVersion, caption: '=1+1, "quoted"\nline' });
});
afterAll(() => app[Symbol.asyncDispose]());

function download(format: string, { id = batchId, token = account.token, headers = {} } = {}) {
  return fetch(`${app.url}/export/batches/${id}.${format}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
}

async function postsByPosition() {
  const order = { by: 'POSITION', direction: 'ASC' } as const;
  const { posts } = await account.run(PostsDocument, { filter: { batchId }, order });
  return posts.edges.map(({ node }) => node);
}

describe('the export of a batch', () => {
  it('as JSON lines holds each post once, in order', async () => {
    const lines = (await (await download('jsonl')).text()).trimEnd().split('\n');
    const posts = await postsByPosition();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(
      posts.map(({ id, position, caption, hashtags, imageUrl }) => ({
        id,
        position,
        caption,
        hashtags,
        imageUrl,
      })),
    );
  });

  it('as CSV has a header, quotes every cell, and hides formulas from spreadsheets', async () => {
    const response = await download('csv');
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const text = await response.text();
    expect(text).toMatch(/^"id","position","status",/);
    expect(text).toContain(`"'=1+1, ""quoted""\nline"`);
    expect(text.match(/,"COMPLETED",/g)).toHaveLength(5);
  });

  it('as ZIP holds the table and every picture', async () => {
    const bytes = Buffer.from(await (await download('zip')).arrayBuffer());
    const text = bytes.toString('latin1');
    expect(text).toContain('posts.csv');
    for (let position = 1; position <= 5; position += 1) {
      expect(text).toContain(`pictures/0000${position}.png`);
    }
    const [post] = await postsByPosition();
    const picture = Buffer.from(await (await fetch(post?.imageUrl ?? '')).arrayBuffer());
    expect(bytes.includes(picture)).toBe(true);
  });

  it('can be repeated after a download that broke, and is the same', async () => {
    for (const format of ['csv', 'jsonl', 'zip']) {
      const broken = await download(format);
      await broken.body?.cancel();
      const [one, two] = [await download(format), await download(format)];
      expect(Buffer.from(await one.arrayBuffer())).toEqual(Buffer.from(await two.arrayBuffer()));
    }
  });

  it('is nobody else’s to read', async () => {
    const other = await signUp(app);
    expect((await download('csv', { token: other.token })).status).toBe(404);
    expect((await download('csv', { id: absentId('Batch') })).status).toBe(404);
    expect((await download('csv', { token: 'nonsense' })).status).toBe(401);
    expect((await fetch(`${app.url}/export/batches/${batchId}.csv`)).status).toBe(401);
  });

  it('exists in three formats only', async () => {
    expect((await download('xlsx')).status).toBe(404);
  });
});
