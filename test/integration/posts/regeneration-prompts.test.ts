import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Finding } from '../../../src/domain/checks/finding.ts';
import type { Item } from '../../../src/domain/plans/item.ts';
import { promptHash } from '../../../src/domain/prompts/blocks.ts';
import type { Brief } from '../../../src/domain/prompts/brief.ts';
import { captionMessages } from '../../../src/domain/prompts/caption.ts';
import { imagePrompt } from '../../../src/domain/prompts/image.ts';
import {
  createCampaign,
  sampleCampaign,
  signUp,
  startBatch,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { followToEnd, getPosts } from '../../support/batches.ts';
import { editPost, getPost, idlePost, regeneratePost } from '../../support/posts.ts';
import { logIn, rowId } from '../../support/workspaces.ts';

const findings: Finding[] = [{ code: 'FORBIDDEN_WORD', clause: 'vocabulary.forbidden.0', excerpt: 'cheap' }];
const item: Item = {
  angle: 'The tins',
  hook: 'A tin that comes back',
  keyMessage: 'Tins are refilled',
  scene: 'A tin on a workbench',
  audience: 'Tinkerers',
};

let app: TestApp;
let account: Account;
/** The posts of a planned batch, with findings. */
let postIds: string[];

beforeAll(async () => {
  app = await startTestApp();
  const registered = await signUp(app);
  const campaignId = await createCampaign(registered);
  const batchId = await startBatch(registered, { campaignId, postCount: 2 });
  await followToEnd(registered, batchId);
  app = await app.restart(async (prisma) => {
    const owner = { ownerId: rowId(registered.id), campaignId: rowId(campaignId), batchId: rowId(batchId) };
    const { id } = await prisma.planItem.create({
      data: { ...owner, ...item, position: 1, plannedAt: new Date() },
    });
    await prisma.post.updateMany({
      where: owner,
      data: { planItemId: id, findings, findingCodes: ['FORBIDDEN_WORD'] },
    });
  });
  account = await logIn(app, registered);
  postIds = (await getPosts(account, { batchId })).map((post) => post.id).toReversed();
});
afterAll(() => app[Symbol.asyncDispose]());

/** Regenerates a post. @returns the hashes of its newest prompts, and of those that are expected of it. */
async function hashesOf(place: number, found: Finding[]) {
  const before = await getPost(account, postIds[place] ?? '');
  await regeneratePost(account, { postId: before.id, part: 'BOTH', instruction: 'Warmer' });
  const { revisions } = await idlePost(account, before.id);
  const { brand, description, tone, targetAudience, language, channel } = sampleCampaign;
  const brief: Brief = {
    ...{ brand, description, tone, targetAudience, language, channel, item },
    position: place + 1,
    postCount: 2,
    regeneration: { number: 1, instruction: 'Warmer', previousCaption: before.caption, findings: found },
  };
  const { system, user } = captionMessages(brief);
  const newest = (field: string) => revisions.find((revision) => revision.field === field)?.promptHash;
  return {
    sent: [newest('CAPTION'), newest('IMAGE')],
    expected: [promptHash(system, user), promptHash(imagePrompt(brief))],
  };
}

it('a regeneration is told the caption, its findings, its plan item and the wish; its image the scene', async () => {
  const { sent, expected } = await hashesOf(0, findings);
  expect(sent).toEqual(expected);
});

it('a regeneration of what a person wrote is not told what was found in another caption', async () => {
  const { id: postId, version: expectedVersion } = await getPost(account, postIds[1] ?? '');
  await editPost(account, { postId, expectedVersion, caption: 'Mine' });
  const { sent, expected } = await hashesOf(1, []);
  expect(sent).toEqual(expected);
});
