import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogoutDocument, PauseBatchDocument } from '../../../client/generated/graphql.ts';
import { schema } from '../../../src/graphql/schema.ts';
import {
  createCampaign,
  sampleCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { absentId, followToEnd, getPosts, waitForBatch } from '../../support/batches.ts';
import { createBrand } from '../../support/brands.ts';
import { allFields, probesOf } from '../../support/every-field.ts';
import { post } from '../../support/raw-graphql.ts';
import { exchange, textOf } from '../../support/raw-http.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import { addWorkspace, logIn, ownWorkspaceOf, setRole } from '../../support/workspaces.ts';

/** Stands in everything that the owner wrote, and so in whatever leaks of it. */
const canary = `canary${crypto.randomUUID().slice(0, 8)}`;
/** Stands in what the owner is called. */
const person = `person${crypto.randomUUID().slice(0, 8)}`;

let app: TestApp;
let owner: Account;
let stranger: Account;
/** The owner, logged in to another workspace of theirs. */
let elsewhere: Account;
/** Another user, logged in to the owner's workspace. */
let colleague: Account;
let revoked: Account;
let things: Record<'Workspace' | 'User' | 'Campaign' | 'Batch' | 'PlanItem' | 'Post' | 'Brand', string>;
/** A batch whose plan waits for its owner. */
let reviewed: string;
let cursors: { campaign: string; batch: string; post: string; brand: string };

beforeAll(async () => {
  app = await startTestApp({ LOGIN_ATTEMPTS: '1000' });
  const registered = await signUp(app, `${person}@example.com`);
  const joining = await signUp(app);
  const workspaceId = ownWorkspaceOf(registered);
  let other = '';
  app = await app.restart(async (prisma) => {
    other = await addWorkspace(prisma, registered);
    await setRole(prisma, workspaceId, joining, 'EDITOR');
  });
  owner = await logIn(app, registered);
  elsewhere = await logIn(app, registered, other);
  colleague = await logIn(app, joining, workspaceId);
  stranger = await signUp(app);
  revoked = await signUp(app);
  await revoked.run(LogoutDocument, {});
  const brandId = await createBrand(owner, canary);
  const campaignId = await createCampaign(owner, {
    name: canary,
    brand: canary,
    targetAudience: canary,
    brandId,
  });
  const batchId = await startBatch(owner, { campaignId, postCount: 2 });
  await followToEnd(owner, batchId);
  const paused = await startBatch(owner, { campaignId, postCount: 50 });
  await owner.run(PauseBatchDocument, { batchId: paused });
  // What was in flight is finished: from here on nothing changes by itself.
  await waitUntil('the paused batch to stand still', async () => {
    const inFlight = await getPosts(owner, { batchId: paused, status: ['GENERATING'] });
    return inFlight.length === 0;
  });
  const [made] = await getPosts(owner, { batchId });
  reviewed = await startBatch(owner, { campaignId, rows: [{ angle: canary }, {}], review: true });
  await waitForBatch(owner, reviewed, 'is planned', ({ status }) => status === 'PLANNED');
  const { data } = await post(
    app,
    { query: `{ batch(id: "${reviewed}") { plan(first: 1) { edges { node { id } } } } }` },
    as(owner.token),
  );
  things = {
    Workspace: workspaceId,
    User: owner.id,
    Campaign: campaignId,
    Batch: paused,
    PlanItem: Object(data).batch.plan.edges[0].node.id,
    Post: made?.id ?? '',
    Brand: brandId,
  };
  cursors = {
    campaign: await firstCursor('campaigns'),
    batch: await firstCursor('batches'),
    post: await firstCursor('posts'),
    brand: await firstCursor('brands'),
  };
});
afterAll(() => app[Symbol.asyncDispose]());

async function firstCursor(list: string): Promise<string> {
  const { data } = await post(app, { query: `{ ${list}(first: 1) { edges { cursor } } }` }, as(owner.token));
  return Object(Object(data)[list]).edges[0].cursor;
}

const as = (token: string) => ({ authorization: `Bearer ${token}` });

/** As proxies do, whose connections carry the requests of whoever comes. */
it('answers each account with its own where they take turns on one connection', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  agent.on('free', (socket: Socket) => ports.add(socket.localPort));
  const ask = async (headers: Record<string, string>) => {
    const answer = await exchange(`${app.url}/graphql`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: '{ me { id } }' }),
    });
    return JSON.parse(textOf(answer)).data?.me?.id;
  };

  const ids = [];
  for (const headers of [
    as(owner.token),
    as(stranger.token),
    {},
    as(owner.token),
    as('none'),
    as(stranger.token),
  ]) {
    ids.push(await ask(headers));
  }

  agent.destroy();
  expect(ids).toEqual([owner.id, stranger.id, undefined, owner.id, undefined, stranger.id]);
  expect(ports.size).toBe(1);
});

/**
 * What a top-level field is asked for. `arguments` are given the ids of the owner's things, or ids of nothing.
 * `anonymous` and `revoked` are told the codes that the answer has; strangers get what they get for ids of nothing.
 */
type Case = {
  arguments: (ids: typeof things) => string;
  anonymous: string | null;
  revoked: string | null;
};
const closed = { anonymous: 'UNAUTHENTICATED', revoked: 'UNAUTHENTICATED' };
const none = () => '';
const batch = ({ Batch }: typeof things) => `(batchId: "${Batch}")`;
const campaign = ({ Campaign }: typeof things) => `(campaignId: "${Campaign}")`;
const plan = ({ Batch }: typeof things) =>
  `(input: { batchId: "${Batch === things.Batch ? reviewed : Batch}" })`;
const review = ({ Post }: typeof things) => `(input: { postId: "${Post}", expectedVersion: 1 })`;
const ofPosts =
  (rest: string) =>
  ({ Batch }: typeof things) =>
    `(input: { filter: { batchId: "${Batch}" }${rest} })`;
const newCampaign = (fields: object) =>
  `(input: ${JSON.stringify(fields)
    .replace(/"(\w+)":/g, '$1:')
    .replace(/"(FRIENDLY|INSTAGRAM)"/g, '$1')})`;
const newcomer = () => `(input: { email: "${crypto.randomUUID()}@example.com", password: "correct horse" })`;

/** Every top-level field must stand here. */
const cases: Record<string, Case[]> = {
  'Query.me': [{ arguments: none, anonymous: null, revoked: 'UNAUTHENTICATED' }],
  'Query.node': (['Workspace', 'User', 'Campaign', 'Batch', 'PlanItem', 'Post', 'Brand'] as const).map(
    (type) => ({
      arguments: (ids) => `(id: "${ids[type]}")`,
      ...closed,
    }),
  ),
  'Query.nodes': [{ arguments: (ids) => `(ids: ${JSON.stringify(Object.values(ids))})`, ...closed }],
  'Query.batch': [{ arguments: ({ Batch }) => `(id: "${Batch}")`, ...closed }],
  'Query.campaign': [{ arguments: ({ Campaign }) => `(id: "${Campaign}")`, ...closed }],
  'Query.campaigns': [
    { arguments: none, ...closed },
    { arguments: () => `(after: "${cursors.campaign}")`, ...closed },
    { arguments: () => `(last: 5, before: "${cursors.campaign}")`, ...closed },
  ],
  'Query.batches': [
    { arguments: none, ...closed },
    { arguments: ({ Campaign }) => `(filter: { campaignId: "${Campaign}" })`, ...closed },
    { arguments: () => `(filter: { search: "${canary}" })`, ...closed },
    { arguments: () => `(after: "${cursors.batch}")`, ...closed },
  ],
  'Query.events': [{ arguments: batch, ...closed }],
  'Query.post': [{ arguments: ({ Post }) => `(id: "${Post}")`, ...closed }],
  'Query.posts': [
    { arguments: none, ...closed },
    { arguments: ({ Campaign }) => `(filter: { campaignId: "${Campaign}" })`, ...closed },
    { arguments: ({ Batch }) => `(filter: { batchId: "${Batch}", status: [PENDING] })`, ...closed },
    { arguments: () => `(after: "${cursors.post}")`, ...closed },
  ],
  'Query.brand': [{ arguments: ({ Brand }) => `(id: "${Brand}")`, ...closed }],
  'Query.brands': [
    { arguments: none, ...closed },
    { arguments: () => `(filter: { search: "${canary}" })`, ...closed },
    { arguments: () => `(after: "${cursors.brand}")`, ...closed },
  ],
  'Query.quoteBatch': [
    { arguments: ({ Campaign }) => `(input: { campaignId: "${Campaign}", postCount: 1 })`, ...closed },
  ],
  'Mutation.register': [{ arguments: newcomer, anonymous: null, revoked: null }],
  'Mutation.login': [
    {
      arguments: () => `(input: { email: "${person}@example.com", password: "wrong horse" })`,
      anonymous: 'WRONG_CREDENTIALS',
      revoked: 'WRONG_CREDENTIALS',
    },
  ],
  'Mutation.refresh': [
    {
      arguments: () => '(refreshToken: "rubbish")',
      anonymous: 'INVALID_REFRESH_TOKEN',
      revoked: 'INVALID_REFRESH_TOKEN',
    },
  ],
  'Mutation.switchWorkspace': [
    { arguments: ({ Workspace }) => `(input: { workspaceId: "${Workspace}" })`, ...closed },
  ],
  'Mutation.logout': [{ arguments: none, ...closed }],
  'Mutation.logoutEverywhere': [{ arguments: none, ...closed }],
  'Mutation.changePassword': [
    {
      arguments: () => '(input: { currentPassword: "wrong horse", newPassword: "battery staple" })',
      ...closed,
    },
  ],
  'Mutation.deleteAccount': [{ arguments: () => '(input: { password: "wrong horse" })', ...closed }],
  'Mutation.createCampaign': [
    { arguments: () => newCampaign(sampleCampaign), ...closed },
    { arguments: ({ Brand }) => newCampaign({ ...sampleCampaign, brandId: Brand }), ...closed },
  ],
  'Mutation.createBrand': [{ arguments: () => '(input: { name: "Mine", content: {} })', ...closed }],
  'Mutation.updateBrand': [
    {
      arguments: ({ Brand }) =>
        `(input: { brandId: "${Brand}", expectedVersion: 1, name: "Mine", content: { visual: { logo: { corner: TOP_LEFT, widthPercent: 10 } } } })`,
      ...closed,
    },
  ],
  'Mutation.restoreBrandVersion': [
    {
      arguments: ({ Brand }) => `(input: { brandId: "${Brand}", expectedVersion: 1, number: 1 })`,
      ...closed,
    },
  ],
  'Mutation.deleteBrand': [{ arguments: ({ Brand }) => `(input: { brandId: "${Brand}" })`, ...closed }],
  'Mutation.startBatch': [
    { arguments: ({ Campaign }) => `(input: { campaignId: "${Campaign}", postCount: 1 })`, ...closed },
  ],
  'Mutation.cancelBatch': [{ arguments: batch, ...closed }],
  'Mutation.pauseBatch': [{ arguments: batch, ...closed }],
  'Mutation.resumeBatch': [{ arguments: batch, ...closed }],
  'Mutation.retryFailedPosts': [{ arguments: batch, ...closed }],
  'Mutation.setBatchPriority': [
    { arguments: ({ Batch }) => `(batchId: "${Batch}", priority: HIGH)`, ...closed },
  ],
  'Mutation.deleteBatch': [{ arguments: ({ Batch }) => `(input: { batchId: "${Batch}" })`, ...closed }],
  'Mutation.updateCampaign': [
    { arguments: ({ Campaign }) => `(input: { campaignId: "${Campaign}", name: "Mine" })`, ...closed },
  ],
  'Mutation.duplicateCampaign': [
    { arguments: ({ Campaign }) => `(input: { campaignId: "${Campaign}" })`, ...closed },
  ],
  'Mutation.archiveCampaign': [{ arguments: campaign, ...closed }],
  'Mutation.restoreCampaign': [{ arguments: campaign, ...closed }],
  'Mutation.deleteCampaign': [{ arguments: campaign, ...closed }],
  'Mutation.approvePosts': [{ arguments: ofPosts(''), ...closed }],
  'Mutation.rejectPosts': [{ arguments: ofPosts(''), ...closed }],
  'Mutation.regeneratePosts': [{ arguments: ofPosts(', part: BOTH'), ...closed }],
  'Mutation.editPost': [
    {
      arguments: ({ Post }) => `(input: { postId: "${Post}", expectedVersion: 1, caption: "Mine" })`,
      ...closed,
    },
  ],
  'Mutation.restoreRevision': [
    { arguments: ({ Post }) => `(input: { postId: "${Post}", expectedVersion: 1, number: 1 })`, ...closed },
  ],
  'Mutation.chooseImage': [
    { arguments: ({ Post }) => `(input: { postId: "${Post}", expectedVersion: 1, number: 1 })`, ...closed },
  ],
  'Mutation.approvePost': [{ arguments: review, ...closed }],
  'Mutation.rejectPost': [{ arguments: review, ...closed }],
  'Mutation.regeneratePost': [
    { arguments: ({ Post }) => `(input: { postId: "${Post}", part: BOTH })`, ...closed },
  ],
  'Mutation.editPlanItem': [
    {
      arguments: ({ PlanItem }) => `(input: { itemId: "${PlanItem}", expectedVersion: 1, angle: "Mine" })`,
      ...closed,
    },
  ],
  'Mutation.addPlanItem': [{ arguments: plan, ...closed }],
  'Mutation.removePlanItem': [
    { arguments: ({ PlanItem }) => `(input: { itemId: "${PlanItem}" })`, ...closed },
  ],
  'Mutation.replanItems': [{ arguments: plan, ...closed }],
  'Mutation.approvePlan': [{ arguments: plan, ...closed }],
  'Mutation.deletePost': [{ arguments: ({ Post }) => `(input: { postId: "${Post}" })`, ...closed }],
  'Subscription.batchEvents': [{ arguments: batch, ...closed }],
  'Subscription.workspaceEvents': [{ arguments: none, ...closed }],
  'Subscription.userEvents': [{ arguments: none, ...closed }],
  'Subscription.postProgress': [{ arguments: ({ Post }) => `(postId: "${Post}")`, ...closed }],
};

const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
  (type) =>
    type == null
      ? []
      : Object.values(type.getFields()).map((field) => ({
          name: `${type.name}.${field.name}`,
          type: type.name,
          field,
        })),
);

const probesOfRoot = ({ name, type, field }: (typeof roots)[number]) =>
  probesOf(schema, field, type === 'Query' && name !== 'Query.nodes');

it('has a case for every field of the schema', () => {
  expect(roots.map(({ name }) => name).toSorted()).toEqual(Object.keys(cases).toSorted());
  const reached = new Set(roots.flatMap((root) => probesOfRoot(root).flatMap(({ fields }) => [...fields])));
  expect(allFields(schema).filter((field) => !reached.has(field))).toEqual([]);
});

/** Asks over HTTP; subscriptions over SSE, for their first answer. */
async function ask(root: (typeof roots)[number], args: string, selection: string, token: string | undefined) {
  const query = `${root.type.toLowerCase()} { ${root.field.name}${args} ${selection} }`;
  const accept = root.type === 'Subscription' ? { accept: 'text/event-stream' } : {};
  const { data, errors } = await post(
    app,
    { query },
    { ...accept, ...(token === undefined ? {} : as(token)) },
  );
  const answer = Object(Object(data)[root.field.name]);
  const codes = [errors[0]?.extensions?.['code'], answer.code];
  return { text: JSON.stringify({ data, errors }), code: codes.find((code) => code !== undefined) ?? null };
}

const absent = () => ({
  Workspace: absentId('Workspace'),
  User: absentId('User'),
  Campaign: absentId('Campaign'),
  Batch: absentId('Batch'),
  PlanItem: absentId('PlanItem'),
  Post: absentId('Post'),
  Brand: absentId('Brand'),
});

const leaks = () => expect.not.stringMatching(new RegExp(`${canary}|${person}`));

const namesRows = (one: Case, ids: typeof things) =>
  Object.values(ids).some((id) => one.arguments(ids).includes(id));

/** All that a stranger might have changed. */
async function stateOfOwner() {
  const query = `{ me { email } campaigns { edges { node { id name } } }
    batch(id: "${things.Batch}") { status priority maxCost progress { cancelledCount remainingCount } }
    plan: batch(id: "${reviewed}") { status itemCount plan { edges { node { id version } } } }
    posts(first: 100) { edges { node { id status caption } } } brands { edges { node { id name version } } } }`;
  return (await post(app, { query }, as(owner.token))).data;
}

describe.each(roots.map((root) => [root.name, root] as const))('%s', (name, root) => {
  const probes = probesOfRoot(root);
  const each = (cases[name] ?? []).flatMap((one) => probes.map((probe) => [one, probe] as const));

  it('tells the anonymous nothing', async () => {
    for (const [one, { selection }] of each) {
      const { text, code } = await ask(root, one.arguments(things), selection, undefined);
      expect([code, text]).toEqual([one.anonymous, leaks()]);
    }
  });

  it('tells a revoked session nothing', async () => {
    for (const [one, { selection }] of each) {
      const { text, code } = await ask(root, one.arguments(things), selection, revoked.token);
      expect([code, text]).toEqual([one.revoked, leaks()]);
    }
  });

  it('tells and lets another user no more than it does for ids of nothing', async () => {
    const before = await stateOfOwner();
    for (const [one, { selection }] of each) {
      if (/\.(logout|logoutEverywhere)$/.test(name)) continue;
      const foreign = await ask(root, one.arguments(things), selection, stranger.token);
      expect(foreign.text).toEqual(leaks());
      if (!namesRows(one, things)) continue;
      const nothing = await ask(root, one.arguments(absent()), selection, stranger.token);
      expect(foreign.text).toBe(nothing.text);
    }
    expect(await stateOfOwner()).toEqual(before);
  });

  it('tells and lets the same user in another workspace no more than it does for ids of nothing', async () => {
    const before = await stateOfOwner();
    // User and workspace are theirs in both.
    const rows = { ...things, User: absentId('User'), Workspace: absentId('Workspace') };
    for (const [one, { selection }] of each) {
      if (/\.(logout|logoutEverywhere)$/.test(name)) continue;
      const foreign = await ask(root, one.arguments(rows), selection, elsewhere.token);
      expect(foreign.text).not.toContain(canary);
      if (!namesRows(one, rows)) continue;
      const nothing = await ask(root, one.arguments(absent()), selection, elsewhere.token);
      expect(foreign.text).toBe(nothing.text);
    }
    expect(await stateOfOwner()).toEqual(before);
  });
});

it('answers two users of one workspace alike, but for who they are', async () => {
  const query = `{ campaigns { edges { cursor node { id name } } } batches { edges { cursor node { id } } }
    posts(first: 100) { edges { cursor node { id caption } } } me { usage { byCampaign { calls cost } } } }`;
  const [own, theirs] = [
    await post(app, { query }, as(owner.token)),
    await post(app, { query }, as(colleague.token)),
  ];
  expect(JSON.stringify(own.data)).toContain(canary);
  expect(theirs.data).toEqual(own.data);
  const who = `{ me { id role workspace { id } } node(id: "${owner.id}") { id } }`;
  expect((await post(app, { query: who }, as(colleague.token))).data).toEqual({
    me: { id: colleague.id, role: 'EDITOR', workspace: { id: things.Workspace } },
    node: null,
  });
});
