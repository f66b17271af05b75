import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { schema } from '../../../src/graphql/schema.ts';
import {
  createCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { followToEnd, getBatch, getPosts, waitForBatch } from '../../support/batches.ts';
import { createBrand } from '../../support/brands.ts';
import { getPost, idlePost } from '../../support/posts.ts';
import { post } from '../../support/raw-graphql.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

let app: TestApp;
let account: Account;
let campaignId: string;
let batchId: string;
let postId: string;
let brandId: string;
/** A batch whose plan waits for a person, and its first item. */
let reviewed: string;
let itemId: string;
beforeAll(async () => {
  app = await startTestApp({ CACHE: 'on' });
  account = await signUp(app);
  brandId = await createBrand(account);
  campaignId = await createCampaign(account, { brandId });
  batchId = await startBatch(account, { campaignId, postCount: 3 });
  await followToEnd(account, batchId);
  const [made] = await getPosts(account, { batchId });
  postId = made?.id ?? '';
  const row = { angle: 'light', hook: 'dusk', keyMessage: 'safe', scene: 'a lamp', audience: 'riders' };
  reviewed = await startBatch(account, { campaignId, rows: [row, row, row], review: true });
  const { data } = await ask(`{ batch(id: "${reviewed}") { plan(first: 1) { edges { node { id } } } } }`);
  itemId = data.batch.plan.edges[0].node.id;
});
afterAll(() => app[Symbol.asyncDispose]());

async function ask(query: string, { token }: Account = account) {
  const { data, errors, headers } = await post(app, { query }, { authorization: `Bearer ${token}` });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return { data: Object(data), outcome: headers.get('x-cache') };
}

/** An instance that has just come, or was too busy to hear the others, keeps nothing for a while. */
async function untilKept(query: string, owner: Account = account): Promise<void> {
  await waitUntil('an answer that is kept', async () => (await ask(query, owner)).outcome === 'HIT');
}

const brandFields = 'id name version updatedAt content { facts } versions(first: 3) { number }';
const campaignFields = `id name channel status updatedAt brandKit { ${brandFields} }`;
const batchFields =
  'id status priority cost maxCost pauseReason finishedAt progress { completedCount failedCount cancelledCount }';
const postFields =
  'id channel language status caption hashtags imageUrl altText image { url altText width } imageCandidates { number isCurrent } version review reviewNote errorCode cost startedAt finishedAt brandVersion brandKit { name } revisions(first: 3) { number isCurrent caption }';
const itemFields = 'id position version angle hook keyMessage scene audience author plannedAt';
const posts = `posts(first: 5) { totalCount edges { node { ${postFields} } } }`;
const batches = `batches(first: 5) { totalCount edges { node { ${batchFields} ${posts} } } }`;

/** Every way to what an account has. */
const ways = (): string[] => [
  `{ campaign(id: "${campaignId}") { ${campaignFields} posts { totalCount edges { node { ${postFields} } } } } }`,
  `{ campaign(id: "${campaignId}") { ${batches} } }`,
  `{ campaigns { totalCount edges { node { ${campaignFields} ${posts} } } } }`,
  `{ campaigns(filter: { status: [ACTIVE], search: "renamed" }) { edges { node { id } } } }`,
  `{ campaign(id: "${campaignId}") { batches(filter: { search: "renamed" }) { edges { node { id } } } } }`,
  `{ batch(id: "${batchId}") { posts(filter: { review: [APPROVED], channel: [X] }) { totalCount edges { node { id } } } } }`,
  `{ batch(id: "${batchId}") { ${batchFields} campaign { ${campaignFields} } ${posts} } }`,
  `{ batches { totalCount edges { node { ${batchFields} } } } }`,
  `{ batches(filter: { campaignId: "${campaignId}", search: "renamed" }) { edges { node { id campaign { name } } } } }`,
  `{ post(id: "${postId}") { ${postFields} batch { ${batchFields} } campaign { ${campaignFields} } } }`,
  `{ posts { totalCount edges { node { ${postFields} } } } }`,
  `{ posts(filter: { batchId: "${batchId}", status: [COMPLETED] }) { totalCount edges { node { id caption } } } }`,
  `{ posts(filter: { campaignId: "${campaignId}", channel: [X] }) { totalCount edges { node { id } } } }`,
  `{ brand(id: "${brandId}") { ${brandFields} } }`,
  `{ brands(filter: { search: "renamed" }) { totalCount edges { node { ${brandFields} } } } }`,
  `{ node(id: "${postId}") { ... on Post { ${postFields} } } }`,
  `{ batch(id: "${reviewed}") { status itemCount languages needsApproval plan { totalCount edges { node { ${itemFields} posts { ${postFields} } } } } } }`,
  `{ batch(id: "${reviewed}") { plan(filter: { isPlanned: false, search: "light" }) { totalCount edges { node { ${itemFields} } } } } }`,
  `{ node(id: "${itemId}") { ... on PlanItem { ${itemFields} batch { status } posts { status } } } }`,
  `{ posts(filter: { batchId: "${reviewed}", language: ["en"] }) { edges { node { planItem { ${itemFields} } variants { id status } } } } }`,
  `{ nodes(ids: ["${campaignId}", "${batchId}"]) { ... on Campaign { name channel } ... on Batch { cost pauseReason } } }`,
];

const countsSchema = z.object({ hit: z.int(), miss: z.int(), bypass: z.int() });

async function mutate(field: string): Promise<void> {
  const { data } = await ask(`mutation { ${field} { __typename ... on Error { code message } } }`);
  const [result] = Object.values<{ __typename: string }>(data);
  if (result === undefined || result.__typename.endsWith('Error')) throw new Error(JSON.stringify(result));
}

const version = async () => (await getPost(account, postId)).version;
const seen = async () => `postId: "${postId}", expectedVersion: ${await version()}`;

/** A batch that stands still in the middle. */
async function startPausedBatch(): Promise<string> {
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 20_000, p95: 20_000 } });
  const id = await startBatch(account, { campaignId, postCount: 40 });
  const inFlight = async () => (await getPosts(account, { batchId: id, status: ['GENERATING'] })).length;
  await waitUntil('posts in flight', async () => (await inFlight()) > 0);
  await mutate(`pauseBatch(batchId: "${id}")`);
  await waitUntil('the batch to stand still', async () => (await inFlight()) === 0);
  app.simulator.control.setLatency({ imageLatencyMs: { p05: 0, p95: 0 } });
  return id;
}
let spare: string;

/** What people do, in an order in which all of it is possible; and the workers behind it. */
const story: Record<string, () => Promise<unknown>> = {
  createCampaign: () => createCampaign(account),
  updateCampaign: () =>
    mutate(`updateCampaign(input: { campaignId: "${campaignId}", name: "renamed", channel: X })`),
  duplicateCampaign: () => mutate(`duplicateCampaign(input: { campaignId: "${campaignId}" })`),
  archiveCampaign: () => mutate(`archiveCampaign(campaignId: "${campaignId}")`),
  restoreCampaign: () => mutate(`restoreCampaign(campaignId: "${campaignId}")`),
  editPost: async () => mutate(`editPost(input: { ${await seen()}, caption: "Written by hand" })`),
  restoreRevision: async () => mutate(`restoreRevision(input: { ${await seen()}, number: 1 })`),
  approvePost: async () => mutate(`approvePost(input: { ${await seen()} })`),
  rejectPost: async () => mutate(`rejectPost(input: { ${await seen()}, note: "No" })`),
  approvePosts: () => mutate(`approvePosts(input: { filter: { batchId: "${batchId}" } })`),
  rejectPosts: () => mutate(`rejectPosts(input: { filter: { batchId: "${batchId}" }, note: "None" })`),
  async regeneratePosts() {
    await mutate(`regeneratePosts(input: { filter: { batchId: "${batchId}" }, part: CAPTION })`);
    await waitForBatch(account, batchId, 'is complete', ({ status }) => status === 'COMPLETED');
    await idlePost(account, postId);
  },
  async regeneratePost() {
    await mutate(`regeneratePost(input: { postId: "${postId}", part: IMAGE })`);
    await idlePost(account, postId);
    await waitForBatch(account, batchId, 'is complete', ({ status }) => status === 'COMPLETED');
  },
  chooseImage: async () => mutate(`chooseImage(input: { ${await seen()}, number: 3 })`),
  async startBatch() {
    app.simulator.control.setFaults([{ kind: 'refusal', endpoint: 'chat', count: 1 }]);
    batchId = await startBatch(account, { campaignId, postCount: 4 });
    await followToEnd(account, batchId);
    app.simulator.control.clearFaults();
    expect(await getBatch(account, batchId)).toMatchObject({
      progress: { failedCount: 1, completedCount: 3 },
    });
  },
  async retryFailedPosts() {
    await mutate(`retryFailedPosts(batchId: "${batchId}")`);
    await waitForBatch(account, batchId, 'is complete', ({ progress }) => progress.completedCount === 4);
  },
  async pauseBatch() {
    batchId = await startPausedBatch();
    spare = await startPausedBatch();
  },
  setBatchPriority: () => mutate(`setBatchPriority(batchId: "${batchId}", priority: HIGH)`),
  async resumeBatch() {
    await mutate(`resumeBatch(batchId: "${batchId}", maxCost: 100)`);
    await followToEnd(account, batchId);
    batchId = spare;
  },
  editPlanItem: () =>
    mutate(`editPlanItem(input: { itemId: "${itemId}", expectedVersion: 1, angle: "dusk" })`),
  addPlanItem: () => mutate(`addPlanItem(input: { batchId: "${reviewed}", angle: "light" })`),
  async removePlanItem() {
    const { data } = await ask(`{ batch(id: "${reviewed}") { plan(last: 1) { edges { node { id } } } } }`);
    await mutate(`removePlanItem(input: { itemId: "${data.batch.plan.edges[0].node.id}" })`);
  },
  async replanItems() {
    await mutate(`replanItems(input: { batchId: "${reviewed}", itemIds: ["${itemId}"] })`);
    await waitForBatch(account, reviewed, 'is planned', ({ status }) => status === 'PLANNED');
  },
  async approvePlan() {
    await mutate(`approvePlan(input: { batchId: "${reviewed}" })`);
    await followToEnd(account, reviewed);
  },
  cancelBatch: () => mutate(`cancelBatch(batchId: "${batchId}")`),
  deleteBatch: () => mutate(`deleteBatch(input: { batchId: "${batchId}" })`),
  createBrand: () => createBrand(account, 'renamed at once'),
  updateBrand: () =>
    mutate(
      `updateBrand(input: { brandId: "${brandId}", expectedVersion: 1, name: "renamed", content: { facts: ["New"] } })`,
    ),
  restoreBrandVersion: () =>
    mutate(`restoreBrandVersion(input: { brandId: "${brandId}", expectedVersion: 2, number: 1 })`),
  deleteBrand: () => mutate(`deleteBrand(input: { brandId: "${brandId}" })`),
  deletePost: () => mutate(`deletePost(input: { postId: "${postId}" })`),
  deleteCampaign: () => mutate(`deleteCampaign(campaignId: "${campaignId}")`),
};

/** They change nothing that a kept answer is made of. */
const others = new Set([
  'register',
  'login',
  'refresh',
  'logout',
  'switchWorkspace',
  'logoutEverywhere',
  'changePassword',
  // There is nobody left to answer.
  'deleteAccount',
]);

describe('after each change, what is kept is what is there', () => {
  it('of every mutation', () => {
    const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
    expect(new Set([...Object.keys(story), ...others])).toEqual(new Set(mutations));
  });

  it.each(Object.entries(story))('%s', async (_name, change) => {
    for (const query of ways()) await untilKept(query);
    await change();
    for (const query of ways()) {
      const [kept, fresh] = [await ask(query), await ask(`# ${crypto.randomUUID()}\n${query}`)];
      expect(kept.data).toEqual(fresh.data);
      expect(fresh.outcome).not.toBe('HIT');
    }
  });
});

describe('what is not kept', () => {
  it.each([
    ['the account and what it has spent', '{ me { email usage { byDay { cost } } } }'],
    ['quotes', () => `{ quoteBatch(input: { campaignId: "${campaignId}", postCount: 3 }) { __typename } }`],
    ['mutations', 'mutation { restoreCampaign(campaignId: "") { __typename } }'],
  ])('%s', async (_what, query) => {
    const text = typeof query === 'string' ? query : query();
    expect([(await ask(text)).outcome, (await ask(text)).outcome]).toEqual(['BYPASS', 'BYPASS']);
  });

  it('the seconds of a batch, until it is over', async () => {
    campaignId = await createCampaign(account);
    const id = await startPausedBatch();
    const query = `{ batch(id: "${id}") { elapsedSeconds postsPerSecond } }`;
    expect([(await ask(query)).outcome, (await ask(query)).outcome]).toEqual(['BYPASS', 'BYPASS']);
    await mutate(`cancelBatch(batchId: "${id}")`);
    await untilKept(query);
  });

  it('answers with errors', async () => {
    for (let count = 0; count < 2; count += 1) {
      const { headers, errors } = await post(
        app,
        { query: '{ campaign(id: "nonsense") { id } }' },
        { authorization: `Bearer ${account.token}` },
      );
      expect(errors).toHaveLength(1);
      expect(headers.get('x-cache')).toBe('BYPASS');
    }
  });
});

it('a session that has ended is not answered from what it was answered before', async () => {
  const owner = await signUp(app);
  const query = '{ campaigns { edges { node { id } } } }';
  await untilKept(query, owner);
  await ask('mutation { logout { __typename } }', owner);
  await expect(ask(query, owner)).rejects.toThrow('UNAUTHENTICATED');
});

it('counts what was kept, what was made and what is never kept', async () => {
  const counts = async () => countsSchema.parse(await (await fetch(`${app.url}/health/cache`)).json());
  await untilKept('{ campaigns { totalCount } }');
  const before = await counts();
  const query = `{ campaigns { totalCount } } # ${crypto.randomUUID()}`;
  expect([(await ask(query)).outcome, (await ask(query)).outcome]).toEqual(['MISS', 'HIT']);
  expect((await ask('{ me { email usage { byDay { cost } } } }')).outcome).toBe('BYPASS');
  const { hit, miss, bypass } = before;
  expect(await counts()).toEqual({ hit: hit + 1, miss: miss + 1, bypass: bypass + 1 });
});
