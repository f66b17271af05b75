import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCampaign, signUp, startBatch } from '../support/app.ts';
import { openPage, type OpenPage } from '../support/e2e/browser.ts';
import { useGraphiql } from '../support/e2e/graphiql.ts';
import { createHome, type Home } from '../support/e2e/home.ts';
import { startPressrun, type Pressrun } from '../support/e2e/pressrun.ts';
import { waitUntil } from '../support/services/wait-until.ts';

const screenshot = fileURLToPath(new URL('../../test-results/graphiql-subscription.png', import.meta.url));
const installMs = 10 * 60_000;

let home: Home;
let app: Pressrun;
let opened: OpenPage;
beforeAll(async () => {
  home = await createHome();
  // One post after the other, so that there is something to watch.
  app = await startPressrun(home, { POST_SLOTS: '1', SIMULATOR_TIME_SCALE: '0.05' });
  opened = await openPage(`${app.url}/graphql`);
}, installMs);
afterAll(async () => {
  // How it ended, for people: most of all when a test failed.
  await mkdir(dirname(screenshot), { recursive: true });
  await opened.page.screenshot({ path: screenshot });
  await opened[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

describe('GraphiQL', () => {
  it('opens with the main job prepared, and asks nobody but this server for anything', async () => {
    expect(opened.strangers).toEqual([]);
    const graphiql = await useGraphiql(opened.page);
    expect(await graphiql.operation()).toContain('mutationRegister{');
    expect(opened.strangers).toEqual([]);
    expect(opened.errors).toEqual([]);
  });

  it('shows the progress of a batch live, until it is completed', async () => {
    const { page, strangers, errors } = opened;
    const account = await signUp(app);
    const graphiql = await useGraphiql(page);
    await graphiql.typeOperation(
      'subscription ($id: ID!) { batchEvents(batchId: $id) { __typename ... on PostStageEvent { postId stage } ' +
        '... on BatchCompletedEvent { progress { completedCount failedCount } } } }',
    );
    await graphiql.typeInto('Headers', `{ "authorization": "Bearer ${account.token}" }`);
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 12 });
    await graphiql.typeInto('Variables', `{ "id": "${batchId}" }`);
    await graphiql.run();

    const seen = new Set<string>();
    await waitUntil('the batch to be completed before our eyes', async () => {
      seen.add(await graphiql.result());
      return [...seen].some((shown) => shown.includes('"__typename":"BatchCompletedEvent"'));
    });
    expect([...seen].at(-1)).toContain('"progress":{"completedCount":12,"failedCount":0}');
    // Stages are sent live only: a page that shows those of several posts has watched them being made.
    const posts = [...seen].flatMap((shown) => /"postId":"(\w+)","stage":/.exec(shown)?.[1] ?? []);
    expect(new Set(posts).size).toBeGreaterThan(3);
    expect(strangers).toEqual([]);
    expect(errors).toEqual([]);
  });
});
