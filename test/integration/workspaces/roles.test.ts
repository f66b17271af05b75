import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../../src/domain/viewer.ts';
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
import { absentId, followToEnd, getPosts } from '../../support/batches.ts';
import { createBrand } from '../../support/brands.ts';
import { post } from '../../support/raw-graphql.ts';
import { logIn, ownWorkspaceOf, setRole } from '../../support/workspaces.ts';

type Ids = { Campaign: string; Batch: string; PlanItem: string; Post: string; Brand: string };
type Case = { access: Role | 'self' | 'public'; arguments: (ids: Ids) => string };

const batch = ({ Batch }: Ids) => `(batchId: "${Batch}")`;
const campaign = ({ Campaign }: Ids) => `(campaignId: "${Campaign}")`;
const ofPlan = ({ Batch }: Ids) => `(input: { batchId: "${Batch}" })`;
const ofPost = (rest: string) => (ids: Ids) => `(input: { postId: "${ids.Post}", ${rest} })`;
const ofPosts = (rest: string) => (ids: Ids) => `(input: { filter: { batchId: "${ids.Batch}" }${rest} })`;
const ofBrand = (rest: string) => (ids: Ids) => `(input: { brandId: "${ids.Brand}", ${rest} })`;
const wrongPassword = (name: string, rest = '') => `(input: { ${name}: "wrong horse"${rest} })`;
const newCampaign = JSON.stringify(sampleCampaign)
  .replace(/"(\w+)":/g, '$1:')
  .replace(/"(FRIENDLY|INSTAGRAM)"/g, '$1');

/** Every mutation must stand here. */
const cases: Record<string, Case> = {
  register: { access: 'public', arguments: () => '(input: { email: "nobody", password: "wrong horse" })' },
  login: {
    access: 'public',
    arguments: () => '(input: { email: "a@example.com", password: "wrong horse" })',
  },
  refresh: { access: 'public', arguments: () => '(refreshToken: "rubbish")' },
  logout: { access: 'self', arguments: () => '' },
  logoutEverywhere: { access: 'self', arguments: () => '' },
  changePassword: {
    access: 'self',
    arguments: () => wrongPassword('currentPassword', ', newPassword: "battery staple"'),
  },
  deleteAccount: { access: 'self', arguments: () => wrongPassword('password') },
  switchWorkspace: {
    access: 'self',
    arguments: () => `(input: { workspaceId: "${absentId('Workspace')}" })`,
  },
  createCampaign: { access: 'EDITOR', arguments: () => `(input: ${newCampaign})` },
  updateCampaign: {
    access: 'EDITOR',
    arguments: ({ Campaign }) => `(input: { campaignId: "${Campaign}", name: "Mine" })`,
  },
  duplicateCampaign: { access: 'EDITOR', arguments: (ids) => `(input: { campaignId: "${ids.Campaign}" })` },
  archiveCampaign: { access: 'EDITOR', arguments: campaign },
  restoreCampaign: { access: 'EDITOR', arguments: campaign },
  deleteCampaign: { access: 'OWNER', arguments: campaign },
  deleteBatch: { access: 'OWNER', arguments: ({ Batch }) => `(input: { batchId: "${Batch}" })` },
  startBatch: {
    access: 'EDITOR',
    arguments: ({ Campaign }) => `(input: { campaignId: "${Campaign}", postCount: 1 })`,
  },
  cancelBatch: { access: 'EDITOR', arguments: batch },
  pauseBatch: { access: 'EDITOR', arguments: batch },
  resumeBatch: { access: 'EDITOR', arguments: batch },
  retryFailedPosts: { access: 'EDITOR', arguments: batch },
  setBatchPriority: {
    access: 'EDITOR',
    arguments: ({ Batch }) => `(batchId: "${Batch}", priority: HIGH)`,
  },
  editPost: { access: 'EDITOR', arguments: ofPost('expectedVersion: 1, caption: "Mine"') },
  restoreRevision: { access: 'EDITOR', arguments: ofPost('expectedVersion: 1, number: 1') },
  chooseImage: { access: 'EDITOR', arguments: ofPost('expectedVersion: 1, number: 3') },
  approvePost: { access: 'REVIEWER', arguments: ofPost('expectedVersion: 1') },
  rejectPost: { access: 'REVIEWER', arguments: ofPost('expectedVersion: 1') },
  regeneratePost: { access: 'EDITOR', arguments: ofPost('part: BOTH') },
  approvePosts: { access: 'REVIEWER', arguments: ofPosts('') },
  rejectPosts: { access: 'REVIEWER', arguments: ofPosts('') },
  regeneratePosts: { access: 'EDITOR', arguments: ofPosts(', part: BOTH') },
  editPlanItem: {
    access: 'EDITOR',
    arguments: ({ PlanItem }) => `(input: { itemId: "${PlanItem}", expectedVersion: 1, angle: "Mine" })`,
  },
  addPlanItem: { access: 'EDITOR', arguments: ofPlan },
  removePlanItem: { access: 'EDITOR', arguments: ({ PlanItem }) => `(input: { itemId: "${PlanItem}" })` },
  replanItems: { access: 'EDITOR', arguments: ofPlan },
  approvePlan: { access: 'EDITOR', arguments: ofPlan },
  deletePost: { access: 'OWNER', arguments: ofPost('') },
  createBrand: { access: 'EDITOR', arguments: () => '(input: { name: "Mine", content: {} })' },
  updateBrand: { access: 'EDITOR', arguments: ofBrand('expectedVersion: 1, name: "Mine"') },
  restoreBrandVersion: { access: 'EDITOR', arguments: ofBrand('expectedVersion: 1, number: 1') },
  deleteBrand: { access: 'EDITOR', arguments: ofBrand('') },
};

const roles: Role[] = ['VIEWER', 'REVIEWER', 'EDITOR', 'OWNER'];

const isRefused = (role: Role, access: Case['access']) =>
  access !== 'public' && access !== 'self' && roles.indexOf(role) < roles.indexOf(access);

const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

let app: TestApp;
let workspaceId: string;
let members: Record<Role, Account>;
let things: Ids;

beforeAll(async () => {
  app = await startTestApp();
  const accounts = [await signUp(app), await signUp(app), await signUp(app), await signUp(app)] as const;
  workspaceId = ownWorkspaceOf(accounts[3]);
  app = await app.restart(async (prisma) => {
    for (const [place, account] of accounts.entries())
      await setRole(prisma, workspaceId, account, roles[place] ?? 'OWNER');
  });
  const [viewer, reviewer, editor, last] = accounts;
  const enter = (account: Account) => logIn(app, account, workspaceId);
  members = {
    VIEWER: await enter(viewer),
    REVIEWER: await enter(reviewer),
    EDITOR: await enter(editor),
    OWNER: await enter(last),
  };
  const owner = members.OWNER;
  const campaignId = await createCampaign(owner);
  const batchId = await startBatch(owner, { campaignId, rows: [{ angle: 'One' }] });
  await followToEnd(owner, batchId);
  const [made] = await getPosts(owner, { batchId });
  things = {
    Campaign: campaignId,
    Batch: batchId,
    PlanItem: await itemOf(made?.id ?? ''),
    Post: made?.id ?? '',
    Brand: await createBrand(owner),
  };
});
afterAll(() => app[Symbol.asyncDispose]());

it('has a case for every mutation, and each says in the schema who may call it', () => {
  const declared = mutations.map(({ name, extensions }) => [name, extensions['access']]);
  const expected = Object.entries(cases).map(([name, { access }]) => [name, access]);
  expect(Object.fromEntries(declared)).toEqual(Object.fromEntries(expected));
});

/** @returns the id of a post's plan item. */
async function itemOf(postId: string): Promise<string> {
  const query = `{ post(id: "${postId}") { planItem { id } } }`;
  const { data } = await post(app, { query }, { authorization: `Bearer ${members.OWNER.token}` });
  return Object(data).post.planItem.id;
}

/** @returns the type of the answer, and the role that it says is needed. */
async function call(name: string, args: string, token: string | undefined) {
  const needed = ['public', 'self'].includes(cases[name]?.access ?? '')
    ? ''
    : '... on ForbiddenError { role }';
  const query = `mutation { ${name}${args} { __typename ${needed} } }`;
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { data } = await post(app, { query }, headers);
  return z.object({ __typename: z.string(), role: z.string().optional() }).parse(Object(data)[name]);
}

/** All that a refused call might have changed. */
async function state() {
  const query = `{ me { email } campaigns { edges { node { id name status } } }
    batch(id: "${things.Batch}") { status priority progress { completedCount } plan { edges { node { id version } } } }
    posts(first: 100) { edges { node { id status caption review version } } }
    brands { edges { node { id name version } } } }`;
  return (await post(app, { query }, { authorization: `Bearer ${members.OWNER.token}` })).data;
}

const absent = () => ({
  Campaign: absentId('Campaign'),
  Batch: absentId('Batch'),
  PlanItem: absentId('PlanItem'),
  Post: absentId('Post'),
  Brand: absentId('Brand'),
});

describe.each(Object.entries(cases))('%s', (name, { access, arguments: args }) => {
  it('is refused to who has no token, unless it is public', async () => {
    const { __typename } = await call(name, args(things), undefined);
    expect(__typename === 'UnauthenticatedError').toBe(access !== 'public');
  });

  it.each(roles.filter((role) => isRefused(role, access)))(
    'refuses a %s, and changes nothing',
    async (role) => {
      const before = await state();
      const answer = await call(name, args(things), members[role].token);
      expect(answer).toEqual({ __typename: 'ForbiddenError', role: access });
      expect(await state()).toEqual(before);
    },
  );

  it.each(roles.filter((role) => !isRefused(role, access)))('lets a %s', async (role) => {
    const { __typename } = await call(name, args(absent()), members[role].token);
    expect(__typename).not.toMatch(/^(Forbidden|Unauthenticated)Error$/);
    if (name.startsWith('logout')) members[role] = await logIn(app, members[role], workspaceId);
  });
});

it('exports are files of who may edit', async () => {
  const statusOf = async (role: Role) => {
    const response = await fetch(`${app.url}/export/batches/${things.Batch}.csv`, {
      headers: { authorization: `Bearer ${members[role].token}` },
    });
    await response.arrayBuffer();
    return response.status;
  };
  expect(await Promise.all(roles.map(statusOf))).toEqual([403, 403, 200, 200]);
});

it('every member reads and follows what the workspace has', async () => {
  for (const role of roles) {
    const [made] = await getPosts(members[role], { batchId: things.Batch });
    expect(made?.id).toBe(things.Post);
    const events = await followToEnd(members[role], things.Batch);
    expect(events.length).toBeGreaterThan(0);
  }
});
