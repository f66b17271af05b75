import { getNamedType, getNullableType, isCompositeType, isListType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { fromGlobalId, toGlobalId } from '../../src/domain/ids.ts';
import { signUp, startTestApp, type Account, type TestApp } from '../support/app.ts';
import { answerSchema, eventsOf, openStream, post } from '../support/raw-graphql.ts';
import { writePlan, writeRows } from '../support/rows.ts';
import { isFrame, statementsOf, watchDriver } from '../support/statements.ts';

const sizes = [1, 20, 100] as const;

/** Accounts with as many rows in every list. */
const accounts = new Map<number, Account & { ids: Ids }>();
/** What its lists hang on, and all its campaigns. */
type Ids = { campaign: string; batch: string; post: string; item: string; campaigns: string[] };

let app: TestApp;
beforeAll(async () => {
  watchDriver();
  const first = await startTestApp({ ROLE: 'api' });
  for (const size of sizes) {
    accounts.set(size, {
      ...(await signUp(first)),
      ids: { campaign: '', batch: '', post: '', item: '', campaigns: [] },
    });
  }
  app = await first.restart(async (prisma) => {
    for (const [size, account] of accounts) {
      const ownerId = fromGlobalId(account.id)?.id ?? '';
      await writeRows(prisma, ownerId, size);
      await writePlan(prisma, ownerId, size);
      for (let number = 1; number <= size; number += 1) {
        await prisma.brand.create({
          data: { ownerId, name: `Brand ${number}`, versions: { create: { number: 1, content: {} } } },
        });
      }
      const newest = { where: { ownerId }, orderBy: { createdAt: 'desc' } } as const;
      const campaigns = await prisma.campaign.findMany(newest);
      const batch = await prisma.batch.findFirst({ ...newest, where: { ownerId, status: 'RUNNING' } });
      const made = await prisma.post.findFirst({ ...newest, where: { batchId: batch?.id ?? '' } });
      const posts = await prisma.post.findMany({ where: { batchId: batch?.id ?? '' }, take: size });
      const item = await prisma.planItem.findFirst({ where: { ownerId, position: 1 } });
      const counts = { postCount: size, completedCount: 1, failedCount: 0, cancelledCount: 0 };
      await prisma.event.createMany({
        data: posts.map(({ id: postId, batchId }, index) => ({
          streamId: batchId,
          ownerId,
          seq: index + 1,
          userSeq: index + 11,
          type: 'POST_COMPLETED',
          payload: { postId, ...counts },
        })),
      });
      account.ids = {
        campaign: toGlobalId('Campaign', campaigns[0]?.id ?? ''),
        batch: toGlobalId('Batch', batch?.id ?? ''),
        post: toGlobalId('Post', made?.id ?? ''),
        item: toGlobalId('PlanItem', item?.id ?? ''),
        campaigns: campaigns.map(({ id }) => toGlobalId('Campaign', id)),
      };
    }
  });
});
afterAll(() => app[Symbol.asyncDispose]());

/** One document, and the statements that it takes: one for each level of relations that it goes down. */
type Shape = { document: (ids: Ids, size: number) => string; statements: number };
/** Where a list's rows are in the answer. */
type Case = { rows: (data: Record<string, unknown>) => unknown; shapes: Record<string, Shape> };

/** Two statements a list (a page, a count) and one for what each post and each batch cost, and for an outage. */
const posts = `posts(first: 2) { totalCount edges { node { id imageUrl cost batch { id } } } }
  others: posts(last: 1) { edges { node { id } } }`;
const postStatements = 4;
const batches = `batches(first: 2) { totalCount edges { node { id cost waitingFor progress { postCount } elapsedSeconds ${posts} } } }`;
const batchStatements = 4 + postStatements;
const fewPosts = 'posts(first: 2) { totalCount edges { node { id } } }';
const campaign = `campaign { id name }`;
const revision = 'number caption isCurrent';

/** A list at the top: as it is, twice under two names, and with everything that hangs on its rows. */
function topLevel(name: string, nested: string, statements: number): Case {
  return {
    rows: (data) => Object(data[name]).edges,
    shapes: {
      plain: {
        document: (_, size) => `{ ${name}(first: ${size}) { edges { node { id } } } }`,
        statements: 1,
      },
      aliased: {
        document: (_, size) =>
          `{ ${name}(first: ${size}) { totalCount edges { node { id } } } again: ${name}(last: ${size}) { edges { node { id } } } }`,
        statements: 3,
      },
      nested: {
        document: (_, size) => `{ ${name}(first: ${size}) { edges { node { id ${nested} } } } }`,
        statements: 1 + statements,
      },
    },
  };
}

/** A list that hangs on one row. */
function inside(
  parent: 'campaign' | 'batch' | 'post',
  list: string,
  { plain, nested, statements }: { plain: string; nested: string; statements: number },
): Case {
  const document = (make: (size: number) => string) => (ids: Ids, size: number) =>
    `{ ${parent}(id: "${ids[parent]}") { id ${make(size)} } }`;
  return {
    rows: (data) => {
      const rows: unknown = Object(data[parent])[list];
      return Array.isArray(rows) ? rows : Object(rows).edges;
    },
    shapes: {
      plain: { document: document((size) => `${list}(first: ${size}) ${plain}`), statements: 2 },
      aliased: {
        document: document((size) => `${list}(first: ${size}) ${plain} again: ${list}(first: 1) ${plain}`),
        statements: 2,
      },
      nested: {
        document: document((size) => `${list}(first: ${size}) ${nested}`),
        statements: 2 + statements,
      },
    },
  };
}

/** The posts that hang on a plan item, or on one of its posts. */
function ofItem(
  type: 'PlanItem' | 'Post',
  list: string,
  { nested, statements }: { nested: string; statements: number },
): Case {
  const document = (make: (size: number) => string) => (ids: Ids, size: number) =>
    `{ node(id: "${type === 'Post' ? ids.post : ids.item}") { id ... on ${type} { ${make(size)} } } }`;
  return {
    rows: (data) => Object(data['node'])[list],
    shapes: {
      plain: { document: document((size) => `${list}(first: ${size}) { id }`), statements: 2 },
      aliased: {
        document: document((size) => `${list}(first: ${size}) { id } again: ${list}(first: 1) { id }`),
        statements: 2,
      },
      nested: {
        document: document((size) => `${list}(first: ${size}) { id ${nested} }`),
        statements: 2 + statements,
      },
    },
  };
}

const usage = (list: string, plain: string, nested: string, statements: number): Case => ({
  rows: (data) => Object(data['me']).usage[list],
  shapes: {
    plain: {
      document: () => `{ me { usage(since: "2000-01-01T00:00:00Z") { ${list} { ${plain} } } } }`,
      statements: 2,
    },
    aliased: {
      document: () =>
        `{ me { usage(since: "2000-01-01T00:00:00Z") { ${list} { ${plain} } again: ${list} { ${plain} } } } }`,
      statements: 3,
    },
    nested: {
      document: () => `{ me { usage(since: "2000-01-01T00:00:00Z") { ${list} { ${plain} ${nested} } } } }`,
      statements: 2 + statements,
    },
  },
});

/** The stored events of a batch. Their own statement is not counted (`isBeside`), but that of their batch is. */
const eventsOfBatch = (selection: string, statements: number): Shape => ({
  document: ({ batch }, size) =>
    `{ events(batchId: "${batch}", first: ${size}) { edges { node { __typename cursor ${selection} } } } }`,
  statements,
});

/** Every list of rows must stand here. */
const cases: Record<string, Case> = {
  'Query.events': {
    rows: (data) => Object(data['events']).edges,
    shapes: {
      plain: eventsOfBatch('at batchId', 1),
      nested: eventsOfBatch('... on PostCompletedEvent { post { id caption } }', 2),
    },
  },
  'Query.campaigns': topLevel('campaigns', `${batches} ${fewPosts}`, batchStatements + 2),
  'Query.batches': topLevel('batches', `cost ${campaign} ${posts}`, 2 + postStatements),
  'Query.brands': topLevel(
    'brands',
    'name content { facts disclaimers { text } clauses { id } } versions(first: 2) { number content { facts } }',
    2,
  ),
  'Query.posts': topLevel(
    'posts',
    `cost findings { code } imageCandidates { number } ${campaign} batch { id ${campaign} cost } revisions(first: 3) { ${revision} }`,
    7,
  ),
  'Query.nodes': {
    rows: (data) => data['nodes'],
    shapes: {
      plain: {
        document: ({ campaigns }) => `{ nodes(ids: ${JSON.stringify(campaigns)}) { id } }`,
        statements: 1,
      },
      aliased: {
        document: ({ campaigns, batch: one }) =>
          `{ nodes(ids: ${JSON.stringify(campaigns)}) { id } again: nodes(ids: ["${one}"]) { id } }`,
        statements: 2,
      },
      nested: {
        document: ({ campaigns }) =>
          `{ nodes(ids: ${JSON.stringify(campaigns)}) { id ... on Campaign { ${batches} ${fewPosts} } } }`,
        statements: 1 + batchStatements + 2,
      },
    },
  },
  'Campaign.batches': inside('campaign', 'batches', {
    plain: '{ edges { node { id } } }',
    nested: `{ totalCount edges { node { id cost waitingFor ${campaign} ${posts} } } }`,
    statements: 4 + postStatements,
  }),
  'Campaign.posts': inside('campaign', 'posts', {
    plain: '{ edges { node { id } } }',
    nested: `{ totalCount edges { node { id cost batch { id ${campaign} } revisions(first: 3) { ${revision} } } } }`,
    statements: 5,
  }),
  'Batch.posts': inside('batch', 'posts', {
    plain: '{ edges { node { id } } }',
    nested: `{ totalCount edges { node { id cost ${campaign} revisions(first: 3) { ${revision} } } } }`,
    statements: 4,
  }),
  'Batch.plan': inside('batch', 'plan', {
    plain: '{ edges { node { id } } }',
    nested: `{ totalCount edges { node { id angle batch { id languages ${campaign} } posts { id cost planItem { id } } } } }`,
    statements: 6,
  }),
  'PlanItem.posts': ofItem('PlanItem', 'posts', {
    nested: `cost ${campaign} revisions(first: 3) { ${revision} }`,
    statements: 3,
  }),
  'Post.variants': ofItem('Post', 'variants', {
    nested: `cost planItem { id posts { id } } batch { id ${campaign} }`,
    statements: 5,
  }),
  'Post.revisions': inside('post', 'revisions', {
    plain: '{ number }',
    nested: `{ ${revision} }`,
    statements: 0,
  }),
  'Usage.byDay': usage('byDay', 'day', 'cost', 0),
  'Usage.byCampaign': usage('byCampaign', 'cost', `campaign { id ${posts} }`, 1 + postStatements),
  'UserSnapshotEvent.batches': followed('UserSnapshotEvent'),
  'UserGapEvent.batches': followed('UserGapEvent'),
};

/** A stream that begins behind what is kept of it: a snapshot, and one more for the gap. */
function followed(event: 'UserSnapshotEvent' | 'UserGapEvent'): Case {
  const document = (selection: string) => () =>
    `subscription { workspaceEvents(after: "1") { __typename ${['UserSnapshotEvent', 'UserGapEvent']
      .map((type) => `... on ${type} { ${selection} }`)
      .join(' ')} } }`;
  return {
    rows: (data) => Object(data[event]).batches,
    shapes: {
      plain: { document: document('batches { id }'), statements: 2 },
      aliased: { document: document('batches { id } again: batches { id }'), statements: 2 },
      nested: {
        document: document(`batches { id cost waitingFor ${campaign} ${posts} }`),
        statements: 2 * (4 + postStatements),
      },
    },
  };
}

/** What a subscription tells up to its gap, by type of event. */
async function readToGap(account: Account, query: string): Promise<Record<string, unknown>> {
  const told: Record<string, unknown> = {};
  const response = await openStream({ url: app.url, token: account.token }, { query });
  for await (const { event, data: json } of eventsOf(response)) {
    if (event !== 'next') continue;
    const { data } = answerSchema.parse(JSON.parse(json));
    const { workspaceEvents } = Object(data);
    told[workspaceEvents.__typename] = workspaceEvents;
    if ('UserGapEvent' in told) return told;
  }
  throw new Error(`the stream ended after ${JSON.stringify(told)}`);
}

async function ask(account: Account, query: string): Promise<Record<string, unknown>> {
  if (query.startsWith('subscription')) return readToGap(account, query);
  const { data, errors } = await post(app, { query }, { authorization: `Bearer ${account.token}` });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return Object(data);
}

/** What is asked whatever the document: whose session it is, and a stream's own events; and the job engine's own. */
const isBeside = /\bsessions\b|\bevents\b|user_streams|pgboss|pg_listening_channels|readiness_probes/;

async function count(size: number, { document }: Shape) {
  const account = accounts.get(size);
  if (account === undefined) throw new Error(`no account has ${size} rows`);
  const { result, statements } = await statementsOf(() => ask(account, document(account.ids, size)));
  const own = statements.filter((one) => !isFrame(one) && !isBeside.test(one.text));
  return { data: result, texts: own.map(({ text }) => text) };
}

describe('every list', () => {
  it('of rows has its case here', () => {
    const lists = Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type))
      .filter(({ name }) => !name.startsWith('__') && !name.endsWith('Connection'))
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter((field) => {
            const named = getNamedType(field.type);
            return (
              named.name.endsWith('Connection') ||
              (isListType(getNullableType(field.type)) && isCompositeType(named))
            );
          })
          .map((field) => `${type.name}.${field.name}`),
      );
    // What is wrong with an input is no row, and memberships are read with their workspaces, for the one who asks.
    const others = ['InvalidInputError.fields', 'User.workspaces'];
    // Few of them hang on a row: they are asked for with brands and posts. Skipped posts are the answer of a mutation.
    const ofRows = [
      'Brand.versions',
      'BrandContent.clauses',
      'BrandContent.disclaimers',
      'BrandVocabulary.preferred',
      'Post.findings',
      'Post.imageCandidates',
      'BulkResult.skipped',
    ];
    expect(new Set(lists)).toEqual(new Set([...Object.keys(cases), ...others, ...ofRows]));
  });

  describe.each(Object.entries(cases))('%s', (_, { rows, shapes }) => {
    it.each(Object.entries(shapes))(
      '%s takes as many statements for 1, 20 and 100 rows',
      async (_name, shape) => {
        for (const size of sizes) {
          const { data, texts } = await count(size, shape);
          expect(rows(data)).toHaveLength(size);
          expect(texts).toHaveLength(shape.statements);
        }
      },
    );
  });
});
