import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostsDocument } from '../../../client/generated/graphql.ts';
import type { Finding } from '../../../src/domain/checks/finding.ts';
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
import { logIn, rowId } from '../../support/workspaces.ts';

let app: TestApp;
let account: Account;
let batchId: string;
const findings: Finding[] = [
  { code: 'FORBIDDEN_WORD', clause: 'vocabulary.forbidden.0', excerpt: '=cheap' },
  { code: 'REQUIRED_WORD_MISSING', clause: 'vocabulary.required.0', excerpt: null },
];
beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
  batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 5 });
  await followToEnd(account, batchId);
  const [post] = await getPosts(account, { batchId });
  const { id: postId = '', version: expectedVersion = 0 } = post ?? {};
  await editPost(account, { postId, expectedVersion, caption: '=1+1, "quoted"\nline' });
  app = await app.restart(async (prisma) => {
    const first = await prisma.post.findFirstOrThrow({ where: { batchId: rowId(batchId), position: 1 } });
    const { ownerId, campaignId, batchId: ofBatch } = first;
    const item = await prisma.planItem.create({
      data: { ownerId, campaignId, batchId: ofBatch, position: 1, angle: 'The tins' },
    });
    const planned = {
      planItemId: item.id,
      altText: 'A tin',
      channel: 'X' as const,
      language: 'de',
      brandVersion: 2,
      findings,
    };
    await prisma.post.update({ where: { id: first.id }, data: planned });
  });
  account = await logIn(app, account);
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

  it('has channel, language, alt text, angle, findings and brand version of each post, behind what it always had', async () => {
    const [first = '', second = ''] = (await (await download('jsonl')).text()).split('\n');
    const planned = {
      channel: 'X' as const,
      language: 'de',
      altText: 'A tin',
      angle: 'The tins',
      findings,
      brandVersion: 2,
    };
    expect(JSON.parse(first)).toMatchObject(planned);
    const plain = {
      channel: 'INSTAGRAM',
      language: 'en',
      altText: null,
      angle: null,
      findings: [],
      brandVersion: null,
    };
    expect(JSON.parse(second)).toMatchObject(plain);
    const lines = (await (await download('csv')).text()).split('\r\n');
    expect(lines[0]).toMatch(
      /,"createdAt","finishedAt","language","altText","angle","findings","brandVersion"$/,
    );
    expect(lines[1]).toMatch(/,"de","A tin","The tins","FORBIDDEN_WORD: =cheap\nREQUIRED_WORD_MISSING","2"$/);
    expect(lines[2]).toMatch(/Z","en","","","",""$/);
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
