import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../../src/graphql/schema.ts';
import { createRandom } from '../../chaos/support/random.ts';
import { createGenerator, type Operation } from '../../fuzz/generate.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { followToEnd, getPosts } from '../../support/batches.ts';

let app: TestApp;
let account: Account;
let ids: { account: string; campaign: string; batch: string; post: string };

beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
  const campaign = await createCampaign(account);
  const batch = await startBatch(account, { campaignId: campaign, postCount: 3 });
  await followToEnd(account, batch);
  const [post] = await getPosts(account, { batchId: batch });
  ids = { account: account.id, campaign, batch, post: post?.id ?? '' };
});
afterAll(() => app[Symbol.asyncDispose]());

/** The text of an answer, byte for byte; without what names the request. */
async function textOf(operation: Partial<Operation>, token = account.token): Promise<string> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(operation),
  });
  return `${response.status} ${(await response.text()).replaceAll(/"requestId":"[^"]*"/g, '')}`;
}

/** A query is compiled when it comes the third time. */
const times = 4;

async function answersOf(operation: Partial<Operation>): Promise<string[]> {
  const answers = [];
  for (let count = 0; count < times; count += 1) answers.push(await textOf(operation));
  return answers;
}

describe('a query answers the fourth time as it does the first time', () => {
  const node =
    'query($id: ID!) { node(id: $id) { __typename id ... on Post { caption } ... on Campaign { name } } }';
  it.each<[string, () => Partial<Operation>]>([
    ['with an interface, a post', () => ({ query: node, variables: { id: ids.post } })],
    ['with an interface, a campaign', () => ({ query: node, variables: { id: ids.campaign } })],
    [
      'with an interface, nothing',
      () => ({ query: node, variables: { id: btoa(`Post:${crypto.randomUUID()}`) } }),
    ],
    [
      'with several nodes',
      () => ({
        query:
          'query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Batch { status progress { postCount } } } }',
        variables: { ids: Object.values(ids) },
      }),
    ],
    [
      'with a union',
      () => ({
        query:
          'query($input: QuoteBatchInput!) { quoteBatch(input: $input) { __typename ... on BatchQuote { queuePosition } ... on Error { code } } }',
        variables: { input: { campaignId: ids.campaign, postCount: 2 } },
      }),
    ],
    [
      'with a union, an error in it',
      () => ({
        query:
          'query($input: QuoteBatchInput!) { quoteBatch(input: $input) { __typename ... on InvalidInputError { code fields { path message } } } }',
        variables: { input: { campaignId: ids.campaign, postCount: 0 } },
      }),
    ],
    [
      'with conditions that hold',
      () => ({
        query:
          'query($yes: Boolean!) { me { id @include(if: $yes) email @skip(if: $yes) ...M @include(if: $yes) } } fragment M on User { createdAt }',
        variables: { yes: true },
      }),
    ],
    [
      'with conditions that do not hold',
      () => ({
        query:
          'query($yes: Boolean! = false) { me { id @include(if: $yes) email @skip(if: $yes) ... @include(if: $yes) { createdAt } } }',
      }),
    ],
    [
      'with conditions on a list',
      () => ({
        query:
          'query($no: Boolean!) { campaigns { edges @skip(if: $no) { node { id } } pageInfo { endCursor hasNextPage } totalCount } }',
        variables: { no: true },
      }),
    ],
    [
      'with lists within lists, aliases and fragments twice',
      () => ({
        query: `{ campaigns(first: 2) { edges { cursor node { ...C ...C other: posts(last: 2) { totalCount edges { node { position } } } } } } }
                fragment C on Campaign { name posts(first: 2) { edges { cursor node { id hashtags createdAt cost batch { id campaign { id } } revisions(first: 1) { number isCurrent } } } pageInfo { startCursor } } }`,
      }),
    ],
    [
      'with names that mean something in JavaScript',
      () => ({
        query: '{ constructor: me { toString: id __proto__: email then: createdAt } prototype: __typename }',
      }),
    ],
    [
      'with text that is code in JavaScript',
      () => ({ query: '{ campaigns(filter: { search: "\\"]}`${1}\\\\" }) { totalCount } }' }),
    ],
    [
      'with a filter in the document and one in a variable',
      () => ({
        query:
          'query($s: [PostStatus!], $t: DateTime) { posts(filter: { status: $s, created: { since: $t } }) { totalCount edges { node { status } } } }',
        variables: { s: ['COMPLETED'], t: '2020-01-01T00:00:00.000Z' },
      }),
    ],
    [
      'with a variable that is null',
      () => ({ query: 'query($n: Int) { campaigns(first: $n) { totalCount } }', variables: { n: null } }),
    ],
    [
      'with a variable that is not sent',
      () => ({ query: 'query($n: Int = 1) { campaigns(first: $n) { edges { node { id } } } }' }),
    ],
    [
      'with a variable of another type',
      () => ({ query: 'query($n: Int) { campaigns(first: $n) { totalCount } }', variables: { n: 1.5 } }),
    ],
    ['with a variable that is missing', () => ({ query: 'query($id: ID!) { post(id: $id) { id } }' })],
    [
      'with an enum that does not exist',
      () => ({
        query: 'query($s: [PostStatus!]) { posts(filter: { status: $s }) { totalCount } }',
        variables: { s: ['COMPLETE'] },
      }),
    ],
    [
      'with a field that input does not have',
      () => ({
        query: 'query($f: PostFilter) { posts(filter: $f) { totalCount } }',
        variables: { f: { stats: 1 } },
      }),
    ],
    [
      'with a number for an id',
      () => ({ query: 'query($id: ID!) { post(id: $id) { id } }', variables: { id: 7 } }),
    ],
    ['with an error of a resolver', () => ({ query: '{ me { id } post(id: "rubbish") { id } }' })],
    [
      'with an error deep within',
      () => ({ query: '{ campaigns { edges { node { id posts(first: 0) { totalCount } } } } }' }),
    ],
    [
      'with two operations',
      () => ({ query: 'query A { me { id } } query B { me { email } }', operationName: 'B' }),
    ],
  ])('%s', async (_what, operation) => {
    const [first, ...later] = await answersOf(operation());
    expect(later).toEqual(later.map(() => first));
  });

  it('whatever a generator makes of the schema', async () => {
    const generate = createGenerator(schema, createRandom(11), Object.values(ids));
    const queries = Array.from({ length: 700 }, generate).filter(({ query }) => query.startsWith('query'));
    let withData = 0;
    for (const operation of queries) {
      const answers = await answersOf(operation);
      expect([operation, answers]).toEqual([operation, answers.map(() => answers[0])]);
      if (answers[0]?.includes('"data":{') === true) withData += 1;
    }
    // Enough of them get past validation to mean something.
    expect(withData).toBeGreaterThan(50);
  });
});

describe('POST answers as GET does', () => {
  const accepts = [
    '*/*',
    'application/json',
    'application/graphql-response+json',
    'application/graphql-response+json, application/json;q=0.9',
    'application/json; charset=utf-8, application/graphql-response+json',
    'text/event-stream, application/json',
    'application/*',
    'application/json; charset=latin1, application/graphql-response+json',
    'image/png',
  ];
  const queries = [
    '{ me { id email } }',
    '{ campaigns { edges { node { name } } } }',
    '{ post(id: "rubbish") { id } }',
    '{ nothing }',
    '{ me {',
    'query A { me { id } } query B { me { id } }',
    'query($id: ID!) { post(id: $id) { id } }',
  ];
  it.each(accepts)('for Accept: %s', async (accept) => {
    const authorization = `Bearer ${account.token}`;
    for (const token of [authorization, 'Bearer rubbish', undefined]) {
      for (const query of queries) {
        const headers = { accept, ...(token === undefined ? {} : { authorization: token }) };
        const [posted, got] = await Promise.all([
          fetch(`${app.url}/graphql`, {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify({ query }),
          }),
          fetch(`${app.url}/graphql?query=${encodeURIComponent(query)}`, { headers }),
        ]);
        expect([query, await told(posted)]).toEqual([query, await told(got)]);
      }
    }
  });
});

async function told(response: Response) {
  const {
    'x-request-id': _id,
    'x-cache': _cache,
    date: _date,
    ...headers
  } = Object.fromEntries(response.headers);
  return { status: response.status, headers, text: await response.text() };
}
