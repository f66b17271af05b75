import { describe, expect } from 'vitest';
import { EditPostDocument } from '../../../client/generated/graphql.ts';
import { createCampaign, signUp, type Account } from '../../support/app.ts';
import { getPosts } from '../../support/batches.ts';
import { test as base } from '../../support/fixtures.ts';
import { post } from '../../support/raw-graphql.ts';

/** A batch of four posts, the first three with hashtags that a person wrote, the last as the model made it. */
const test = base
  .extend('postCount', { scope: 'file' }, () => 4)
  .extend('tagged', { scope: 'file' }, async ({ account, batchId }) => {
    const written = [['SommerTag', 'ÄPFEL'], ['#sommertag'], ['Ἑλλάς_ΟΔΟΣ', 'コーヒー', 'Cafe\u0301']];
    for (const { id, position, version } of await getPosts(account, { batchId })) {
      const hashtags = written[position - 1];
      if (hashtags === undefined) continue;
      const input = { postId: id, expectedVersion: version, hashtags };
      const { editPost } = await account.run(EditPostDocument, { input });
      if (editPost.__typename !== 'Post') throw new Error(`the post was not edited: ${editPost.__typename}`);
    }
    return batchId;
  });

async function ask({ url, token }: Account, query: string, variables: object = {}) {
  const { data, errors } = await post(
    { url: url.replace('/graphql', '') },
    { query, variables },
    { authorization: `Bearer ${token}` },
  );
  return { data: Object(data), errors };
}

const positionsOf = ({ edges }: { edges: { node: { position: number } }[] }) =>
  edges.map(({ node }) => node.position);

describe('the filter hashtag', () => {
  test.for([
    ['SommerTag', [1, 2]],
    ['#SOMMERTAG', [1, 2]],
    [' sommertag ', [1, 2]],
    ['äpfel', [1]],
    ['Äpfel', [1]],
    ['ἑλλάς_οδος', [3]],
    ['コーヒー', [3]],
    ['CAFÉ', [3]],
    ['sommer', []],
    ['apfel', []],
  ] as const)(
    'finds posts with %s, in every list of theirs',
    async ([hashtag, positions], { account, campaignId, tagged }) => {
      const list = 'posts(filter: $filter, order: { by: POSITION, direction: ASC })';
      const { data, errors } = await ask(
        account,
        `query ($filter: PostFilter!) {
        ${list} { totalCount edges { node { position } } }
        campaign(id: "${campaignId}") { ${list} { totalCount edges { node { position } } } }
        batch(id: "${tagged}") { ${list} { totalCount edges { node { position } } } }
      }`,
        { filter: { hashtag, status: ['COMPLETED'] } },
      );
      expect(errors).toEqual([]);
      const { campaign, batch, posts } = data;
      for (const found of [posts, campaign.posts, batch.posts]) {
        expect(positionsOf(found)).toEqual(positions);
        expect(found.totalCount).toBe(positions.length);
      }
    },
  );

  test('goes on behind a cursor, and stands beside another hashtag', async ({ account, tagged }) => {
    const list = (hashtag: string, after = '') =>
      `posts(filter: { hashtag: "${hashtag}" }, first: 1 ${after}) { edges { cursor node { position } } }`;
    const first = await ask(
      account,
      `{ batch(id: "${tagged}") { ${list('sommertag')} other: ${list('äpfel')} } }`,
    );
    const { posts, other } = first.data.batch;
    expect([posts, other].map(positionsOf)).toEqual([[2], [1]]);
    const next = await ask(
      account,
      `{ batch(id: "${tagged}") { ${list('sommertag', `after: "${posts.edges[0].cursor}"`)} } }`,
    );
    expect(positionsOf(next.data.batch.posts)).toEqual([1]);
  });

  test('finds what a model wrote, and no longer what was replaced', async ({ account, tagged }) => {
    const all = await getPosts(account, { batchId: tagged });
    const made = all.find(({ position }) => position === 4);
    const [hashtag = ''] = made?.hashtags ?? [];
    const found = async () =>
      (await getPosts(account, { batchId: tagged, hashtag: hashtag.toUpperCase() })).map(({ id }) => id);
    expect(await found()).toEqual([made?.id]);
    const input = {
      postId: made?.id ?? '',
      expectedVersion: made?.version ?? 0,
      hashtags: ['other'],
    };
    await account.run(EditPostDocument, { input });
    expect(await found()).toEqual([]);
    expect(await getPosts(account, { hashtag: 'OTHER' })).toHaveLength(1);
  });

  test('shows nothing of another workspace', async ({ app, tagged }) => {
    const other = await signUp(app);
    const campaignId = await createCampaign(other);
    expect(await getPosts(other, { hashtag: 'sommertag' })).toEqual([]);
    expect(await getPosts(other, { hashtag: 'sommertag', batchId: tagged })).toEqual([]);
    expect(await getPosts(other, { hashtag: 'sommertag', campaignId })).toEqual([]);
  });

  test.for([
    ['', 'must not be empty'],
    ['#', 'must not be empty'],
    ['x'.repeat(101), 'must have at most 100 characters after its #'],
    ['two words', 'must be letters, digits and _ after one #'],
    ['##a', 'must be letters, digits and _ after one #'],
    ['a\0', 'must be letters, digits and _ after one #'],
    ['\ud800', 'must be letters, digits and _ after one #'],
  ])('refuses %j', async ([hashtag, message], { account, tagged }) => {
    for (const query of [
      'query ($hashtag: String) { posts(filter: { hashtag: $hashtag }) { edges { node { id } } } }',
      `query ($hashtag: String) { batch(id: "${tagged}") { posts(filter: { hashtag: $hashtag }) { totalCount } } }`,
    ]) {
      const { errors } = await ask(account, query, { hashtag });
      expect(errors[0]?.extensions).toMatchObject({
        code: 'INVALID_INPUT',
        fields: [{ path: 'filter.hashtag', message }],
      });
    }
  });

  test('takes a hashtag of a hundred characters', async ({ account }) => {
    expect(await getPosts(account, { hashtag: `#${'𠮷x'.repeat(50)}` })).toEqual([]);
  });
});
