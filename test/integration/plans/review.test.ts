import { describe, expect } from 'vitest';
import {
  AddPlanItemDocument,
  ApprovePlanDocument,
  EditPlanItemDocument,
  PlanDocument,
  RemovePlanItemDocument,
  ReplanItemsDocument,
  type StartBatchInput,
} from '../../../client/generated/graphql.ts';
import { followBatch, type BatchEvent } from '../../../client/index.ts';
import { createCampaign, signUp, startBatch, type Account } from '../../support/app.ts';
import { absentId, followToEnd, getPosts, notFound, stored, waitForBatch } from '../../support/batches.ts';
import { test } from '../../support/fixtures.ts';
import { post } from '../../support/raw-graphql.ts';

const rowOf = (name: string) => ({
  angle: `angle ${name}`,
  hook: `hook ${name}`,
  keyMessage: `message ${name}`,
  scene: `scene ${name}`,
  audience: `audience ${name}`,
});
const rows = ['one', 'two', 'three'].map(rowOf);

/** A batch whose plan waits for a person, with three items. */
async function startReview(own: Account, more: Partial<StartBatchInput> = {}): Promise<string> {
  const campaignId = await createCampaign(own);
  return startBatch(own, { campaignId, rows, review: true, ...more });
}

async function planOf(own: Account, batchId: string) {
  const { batch } = await own.run(PlanDocument, { batchId, first: 100 });
  if (batch == null) throw new Error('the batch is not there');
  const { plan, ...others } = batch;
  return { ...others, items: plan.edges.map(({ node }) => node) };
}

const anglesOf = async (own: Account, batchId: string) =>
  (await planOf(own, batchId)).items.map(({ position, angle }) => `${position} ${angle}`);

async function firstItem(own: Account, batchId: string) {
  const [item] = (await planOf(own, batchId)).items;
  if (item === undefined) throw new Error('the plan is empty');
  return item;
}

/** Follows a batch to its end as somebody who looks on. */
async function lookOn({ url, token }: Account, batchId: string): Promise<BatchEvent[]> {
  return Array.fromAsync(followBatch({ url, token, batchId, signal: AbortSignal.timeout(120_000) }));
}

test('a plan is edited, cut, extended, planned again and approved, and its posts are written from it', async ({
  app,
  account,
}) => {
  const batchId = await startReview(account, { languages: ['en', 'de'] });
  const { items, ...ordered } = await planOf(account, batchId);
  expect(ordered).toMatchObject({
    status: 'PLANNED',
    itemCount: 3,
    channels: ['INSTAGRAM'],
    languages: ['en', 'de'],
    needsApproval: true,
  });
  const looksOn = lookOn(account, batchId);

  const [first, second] = items;
  const { editPlanItem } = await account.run(EditPlanItemDocument, {
    input: { itemId: first?.id ?? '', expectedVersion: 1, hook: 'A better hook' },
  });
  expect(editPlanItem).toMatchObject({ hook: 'A better hook', angle: 'angle one', version: 2 });
  const { removePlanItem } = await account.run(RemovePlanItemDocument, { itemId: second?.id ?? '' });
  expect(removePlanItem).toMatchObject({ itemId: second?.id, batch: { itemCount: 2 } });
  const { addPlanItem } = await account.run(AddPlanItemDocument, { input: { batchId, angle: 'angle four' } });
  expect(addPlanItem).toMatchObject({ position: 3, angle: 'angle four', hook: null, plannedAt: null });
  expect(await anglesOf(account, batchId)).toEqual(['1 angle one', '2 angle three', '3 angle four']);

  const { approvePlan: early } = await account.run(ApprovePlanDocument, { batchId });
  expect(early).toMatchObject({
    code: 'INVALID_INPUT',
    fields: [{ path: 'input.batchId', message: 'item 3 has no hook, keyMessage, scene, audience' }],
  });
  const added = 'id' in addPlanItem ? addPlanItem.id : '';
  const { replanItems } = await account.run(ReplanItemsDocument, {
    input: { batchId, itemIds: [added], instruction: 'Speak of winter' },
  });
  expect(replanItems).toMatchObject({ status: 'RUNNING', itemCount: 3 });
  await waitForBatch(account, batchId, 'is planned', ({ status }) => status === 'PLANNED');
  const { items: planned } = await planOf(account, batchId);
  expect(planned.map(({ author }) => author)).toEqual(['PERSON', 'PERSON', 'PERSON']);
  expect(planned[2]).toMatchObject({ angle: 'angle four' });
  expect(planned.every(({ plannedAt }) => plannedAt !== null)).toBe(true);
  expect(await getPosts(account, { batchId })).toEqual([]);

  const { approvePlan } = await account.run(ApprovePlanDocument, { batchId });
  expect(approvePlan).toMatchObject({ status: 'RUNNING', needsApproval: false });
  const seen = await looksOn;
  const events = stored(seen);
  expect(events.map(({ cursor }) => Number(cursor))).toEqual(events.map((_, index) => index + 1));
  expect(events.slice(0, 9).map(({ __typename: type }) => type)).toEqual([
    'BatchStartedEvent',
    'BatchPlannedEvent',
    'PlanItemEvent',
    'PlanItemEvent',
    'PlanItemEvent',
    'BatchResumedEvent',
    'PlanItemEvent',
    'BatchPlannedEvent',
    'BatchResumedEvent',
  ]);
  const told = seen.flatMap((event) => (event.__typename === 'PlanItemEvent' ? [event.itemId] : []));
  expect(told).toEqual([first?.id, second?.id, added, added]);

  const posts = await getPosts(account, { batchId, status: ['COMPLETED'] });
  expect(posts).toHaveLength(6);
  const query = `{ batch(id: "${batchId}") { plan(first: 1) { edges { node {
    posts { position language planItem { position } variants { position } } } } } } }`;
  const { data } = await post(app, { query }, { authorization: `Bearer ${account.token}` });
  expect(Object(data).batch.plan.edges[0].node.posts).toEqual([
    { position: 1, language: 'en', planItem: { position: 1 }, variants: [{ position: 2 }] },
    { position: 2, language: 'de', planItem: { position: 1 }, variants: [{ position: 1 }] },
  ]);
});

test('an item that is removed while it is edited is there or not: neither is a fault of the server', async ({
  account,
}) => {
  const batchId = await startReview(account, { rows: [...rows, ...rows, ...rows] });
  const { items } = await planOf(account, batchId);
  const answers = await Promise.all(
    items
      .slice(1)
      .flatMap(({ id: itemId }) => [
        account
          .run(EditPlanItemDocument, { input: { itemId, expectedVersion: 1, hook: 'mine' } })
          .then(({ editPlanItem }) => editPlanItem.__typename),
        account
          .run(RemovePlanItemDocument, { itemId })
          .then(({ removePlanItem }) => removePlanItem.__typename),
      ]),
  );
  expect(['PlanItem', 'NotFoundError', 'RemovedPlanItem']).toEqual(expect.arrayContaining(answers));
});

test('an edit of a version that somebody else has changed is refused, and changes nothing', async ({
  account,
}) => {
  const batchId = await startReview(account);
  const { id: itemId } = await firstItem(account, batchId);
  const edit = async (hook: string) =>
    (await account.run(EditPlanItemDocument, { input: { itemId, expectedVersion: 1, hook } })).editPlanItem;
  const answers = await Promise.all([edit('mine'), edit('yours')]);
  expect(answers.map(({ __typename: type }) => type).toSorted()).toEqual([
    'PlanItem',
    'VersionConflictError',
  ]);
  expect(answers.find(({ __typename: type }) => type === 'VersionConflictError')).toMatchObject({
    currentVersion: 2,
    message: 'The plan item was changed after you read it. Read it again, then repeat your change.',
  });
  expect(await firstItem(account, batchId)).toMatchObject({ version: 2 });
});

test('items that nobody wrote are planned again, and those of people stay', async ({ account }) => {
  const campaignId = await createCampaign(account);
  const batchId = await startBatch(account, { campaignId, postCount: 3, review: true });
  await waitForBatch(account, batchId, 'is planned', ({ status }) => status === 'PLANNED');
  const { items } = await planOf(account, batchId);
  const itemId = items[1]?.id ?? '';
  await account.run(EditPlanItemDocument, { input: { itemId, expectedVersion: 2, angle: 'my angle' } });
  await account.run(ReplanItemsDocument, { input: { batchId } });
  await waitForBatch(account, batchId, 'is planned again', ({ status }) => status === 'PLANNED');
  const { items: again } = await planOf(account, batchId);
  expect(again.map(({ author }) => author)).toEqual(['MODEL', 'PERSON', 'MODEL']);
  expect(again.map(({ version }) => version)).toEqual([4, 3, 4]);
  expect(again[1]).toMatchObject({ angle: 'my angle', hook: items[1]?.hook });
});

test('items that are not planned yet keep the parts that people gave, and are planned with the others', async ({
  account,
}) => {
  const batchId = await startReview(account, { rows: [rowOf('whole')] });
  await account.run(AddPlanItemDocument, { input: { batchId, angle: 'my angle' } });
  await account.run(ReplanItemsDocument, { input: { batchId } });
  await waitForBatch(account, batchId, 'is planned', ({ status }) => status === 'PLANNED');
  const { items } = await planOf(account, batchId);
  expect(items).toMatchObject([
    { angle: 'angle whole', version: 1 },
    { angle: 'my angle', author: 'PERSON' },
  ]);
  expect(items[1]?.hook).not.toBeNull();
});

test('a refused approval names the first items, and counts the others', async ({ account }) => {
  const batchId = await startReview(account, { rows: [rowOf('whole')] });
  for (let count = 0; count < 22; count++)
    await account.run(AddPlanItemDocument, { input: { batchId, angle: 'only an angle' } });
  const { approvePlan } = await account.run(ApprovePlanDocument, { batchId });
  const fields = 'fields' in approvePlan ? approvePlan.fields : [];
  expect(fields).toHaveLength(20);
  expect(fields.at(-1)).toMatchObject({ message: 'and 3 more items are not planned' });
});

test('a batch keeps its last item, and what people wrote is planned again only where it is named', async ({
  account,
}) => {
  const batchId = await startReview(account, { rows: [rowOf('only')] });
  const { id: itemId } = await firstItem(account, batchId);
  const { removePlanItem } = await account.run(RemovePlanItemDocument, { itemId });
  expect(removePlanItem).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'input.itemId' }] });
  const { replanItems } = await account.run(ReplanItemsDocument, { input: { batchId } });
  expect(replanItems).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'input.itemIds' }] });
  expect(await firstItem(account, batchId)).toMatchObject({ version: 1, angle: 'angle only' });
});

describe('a plan is edited', () => {
  test('only while it waits for a person', async ({ account }) => {
    const batchId = await startReview(account);
    const { id: itemId } = await firstItem(account, batchId);
    await account.run(ApprovePlanDocument, { batchId });
    const edit = { itemId, expectedVersion: 1, hook: 'late' };
    const answers = [
      (await account.run(EditPlanItemDocument, { input: edit })).editPlanItem,
      (await account.run(AddPlanItemDocument, { input: { batchId, hook: 'late' } })).addPlanItem,
      (await account.run(RemovePlanItemDocument, { itemId })).removePlanItem,
      (await account.run(ReplanItemsDocument, { input: { batchId, itemIds: [itemId] } })).replanItems,
      (await account.run(ApprovePlanDocument, { batchId })).approvePlan,
    ];
    for (const answer of answers) expect(answer).toMatchObject({ code: 'BATCH_STATE' });
    await followToEnd(account, batchId);
    expect(await anglesOf(account, batchId)).toEqual(['1 angle one', '2 angle two', '3 angle three']);
  });

  test('only by its workspace', async ({ app, account }) => {
    const mine = await startReview(account);
    const { id } = await firstItem(account, mine);
    const stranger = await signUp(app);
    for (const [batchId, itemId] of [
      [mine, id],
      [absentId('Batch'), absentId('PlanItem')],
    ] as const) {
      const edit = { itemId, expectedVersion: 1, hook: 'theirs' };
      const { editPlanItem } = await stranger.run(EditPlanItemDocument, { input: edit });
      const { removePlanItem } = await stranger.run(RemovePlanItemDocument, { itemId });
      const { addPlanItem } = await stranger.run(AddPlanItemDocument, { input: { batchId } });
      const { replanItems } = await stranger.run(ReplanItemsDocument, { input: { batchId } });
      const { approvePlan } = await stranger.run(ApprovePlanDocument, { batchId });
      expect([editPlanItem, removePlanItem]).toEqual([notFound('plan item'), notFound('plan item')]);
      expect([addPlanItem, replanItems, approvePlan]).toEqual([1, 2, 3].map(() => notFound('batch')));
    }
    expect(await planOf(account, mine)).toMatchObject({ status: 'PLANNED', items: [{ version: 1 }, {}, {}] });
  });

  test('only with items of its own', async ({ account }) => {
    const [batchId, other] = [await startReview(account), await startReview(account)];
    const [own, foreign] = [await firstItem(account, batchId), await firstItem(account, other)];
    const { replanItems } = await account.run(ReplanItemsDocument, {
      input: { batchId, itemIds: [own.id, foreign.id] },
    });
    expect(replanItems).toEqual(notFound('plan item'));
    expect(await firstItem(account, batchId)).toMatchObject({ version: 1, angle: 'angle one' });
  });
});

test('a long plan is cut in several places at once, and its order holds', async ({ account }) => {
  const names = Array.from({ length: 40 }, (_, index) => String(index + 1));
  const batchId = await startReview(account, { rows: names.map(rowOf) });
  const { items } = await planOf(account, batchId);
  await Promise.all(
    [4, 20, 39].map((index) => account.run(RemovePlanItemDocument, { itemId: items[index]?.id ?? '' })),
  );
  const kept = names.filter((name) => !['5', '21', '40'].includes(name));
  expect(await anglesOf(account, batchId)).toEqual(kept.map((name, index) => `${index + 1} angle ${name}`));
});
