import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, type OpenPage } from '../support/e2e/browser.ts';
import { useGraphiql, type Graphiql } from '../support/e2e/graphiql.ts';
import { createHome, type Home } from '../support/e2e/home.ts';
import { startPressrun, type Pressrun } from '../support/e2e/pressrun.ts';
import { waitUntil } from '../support/services/wait-until.ts';

const installMs = 10 * 60_000;
const buttonName = 'Use a development account';
// A few posts at a time, so that there is something to watch.
const settings = { POST_SLOTS: '3', SIMULATOR_TIME_SCALE: '0.05' };

let home: Home;
let app: Pressrun;
let opened: OpenPage;
let graphiql: Graphiql;
beforeAll(async () => {
  home = await createHome();
  app = await startPressrun(home, settings);
  opened = await openPage(`${app.url}/graphql`);
  graphiql = await useGraphiql(opened.page);
}, installMs);
afterAll(async () => {
  // How it ended, for people: most of all when a test failed.
  await picture('end');
  await opened[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

async function picture(name: string): Promise<void> {
  const path = fileURLToPath(new URL(`../../test-results/graphiql-${name}.png`, import.meta.url));
  await mkdir(dirname(path), { recursive: true });
  await opened.page.screenshot({ path });
}

const statusOf = ({ page }: OpenPage) => page.getByRole('status').first();

/** Opens a tab and presses play, once. Nothing is typed. */
async function playStep(tab: string): Promise<void> {
  await graphiql.openTab(tab);
  const answered = opened.page.waitForResponse((response) => {
    return new RegExp(`^\\w+ ${tab}\\b`, 'm').test(response.request().postDataJSON()?.query);
  });
  await graphiql.run();
  await answered;
}

/** Plays a tab, and waits until the answer has `text`. */
async function runStep(tab: string, text: string): Promise<void> {
  await playStep(tab);
  await waitUntil(`${tab} to answer ${text}`, async () => (await graphiql.result()).includes(text));
}

// The tests follow each other: they are one person's visits.
describe('GraphiQL', () => {
  it('opens with the main job prepared, and asks nobody but this server for anything', async () => {
    expect(await graphiql.operation()).toContain('mutationCreateCampaign{');
    expect(opened.strangers).toEqual([]);
    expect(opened.errors).toEqual([]);
  });

  it('fits into the window with its bar', async () => {
    const heights = await opened.page.evaluate(() =>
      ['body', '.graphiql-container'].map(
        (what) => document.querySelector(what)?.getBoundingClientRect().bottom,
      ),
    );
    expect(heights).toEqual([900, 900]);
  });

  it('says who is not signed in, and offers a development account', async () => {
    await runStep('CreateCampaign', 'UNAUTHENTICATED');
    expect(await statusOf(opened).textContent()).toBe('Not signed in.');
    await picture('start');
    await opened.page.getByRole('button', { name: buttonName }).click();
    await opened.page.getByText(/^Signed in as dev-\w+@example\.com\.$/).waitFor();
  });

  it('goes from a campaign to an approved post by pressing play, with nothing typed or pasted', async () => {
    await runStep('CreateCampaign', '"name":"Springlaunch"');
    await runStep('StartBatch', '"status":"RUNNING"');
    await playStep('Watch');
    const seen = new Set<string>();
    await waitUntil('the batch to be completed before our eyes', async () => {
      seen.add(await graphiql.result());
      return [...seen].some((shown) => shown.includes('"completedCount":30,"failedCount":0'));
    });
    // Stages are sent live only: a page that shows those of several posts has watched them being made.
    const made = [...seen].flatMap((shown) => /"postId":"(\w+)","stage":/.exec(shown)?.[1] ?? []);
    expect(new Set(made).size).toBeGreaterThan(3);
    expect(await graphiql.result()).toContain('"posts":{"edges":[{"node":{"id":');
    await picture('watched');

    await runStep('Posts', '"status":"COMPLETED"');
    await runStep('EditPost', '"caption":"Inyourownwords"');
    await runStep('RegeneratePost', '"regeneratePost":{"id"');
    await graphiql.openTab('Post');
    await waitUntil('the image to be made anew', async () => {
      await graphiql.run();
      return (await graphiql.result()).includes('"status":"COMPLETED"');
    });
    await runStep('ApprovePost', '"review":"APPROVED"');
    expect(opened.strangers).toEqual([]);
    expect(opened.errors).toEqual([]);
  });

  it('downloads the batch with the session of the page', async () => {
    const download = opened.page.waitForEvent('download');
    await opened.page.getByRole('button', { name: 'Download ZIP' }).click();
    expect((await download).suggestedFilename()).toMatch(/\.zip$/);
  });

  it('goes on at the second visit where the first ended', async () => {
    const tabs = await opened.page.getByRole('tab').allTextContents();
    await opened.page.reload();
    graphiql = await useGraphiql(opened.page);
    expect(await opened.page.getByRole('tab').allTextContents()).toEqual(tabs);
    expect(await graphiql.operation()).toContain('mutationApprovePost(');
    expect(await statusOf(opened).textContent()).toMatch(/^Signed in as dev-/);
    await runStep('Posts', '"status":"COMPLETED"');
  });

  it('says that a session has ended, and the button opens one of the same account', async () => {
    const before = await statusOf(opened).textContent();
    await opened.page.evaluate(() => {
      const session = JSON.parse(localStorage.getItem('pressrun:session') ?? '{}');
      localStorage.setItem('pressrun:session', JSON.stringify({ ...session, accessToken: 'expired' }));
    });
    await runStep('RegeneratePost', 'UNAUTHENTICATED');
    expect(await statusOf(opened).textContent()).toBe('Your session has expired. Sign in again.');
    await picture('expired');
    await opened.page.getByRole('button', { name: buttonName }).click();
    await opened.page.getByText(before ?? '').waitFor();
    await runStep('Posts', '"status":"COMPLETED"');
  });

  it('renews the access token before it ends', async () => {
    const read = () => opened.page.evaluate(() => localStorage.getItem('pressrun:session'));
    const before = await opened.page.evaluate(() => {
      const session = JSON.parse(localStorage.getItem('pressrun:session') ?? '{}');
      const expiresAt = new Date(Date.now() + 1_000).toISOString();
      localStorage.setItem('pressrun:session', JSON.stringify({ ...session, expiresAt }));
      return localStorage.getItem('pressrun:session');
    });
    await runStep('Posts', '"status":"COMPLETED"');
    expect(await read()).not.toBe(before);
    expect(await statusOf(opened).textContent()).toMatch(/^Signed in as dev-/);
  });

  it('says which token is wrong: the one under Headers, and not that of the session', async () => {
    await graphiql.openTab('Post');
    await graphiql.typeHeaders('{ "authorization": "Bearer wrong" }');
    await runStep('Post', 'UNAUTHENTICATED');
    expect(await statusOf(opened).textContent()).toBe('The token under Headers is not valid.');
    await runStep('Posts', '"status":"COMPLETED"');
    expect(await statusOf(opened).textContent()).toMatch(/^Signed in as dev-/);
  });

  it('fills in no ids of the account before', async () => {
    await graphiql.openTab('Register');
    await graphiql.run();
    await opened.page.getByText('Signed in as me@example.com.').waitFor();
    expect(await opened.page.getByRole('button', { name: 'Download ZIP' }).count()).toBe(0);
  });
});

it('offers no development account in production, where Register and Login sign in', async () => {
  await using ours = await createHome();
  const secret = 'a secret of a test that is long enough';
  const consent = { ALLOW_EMBEDDED_DATABASE: 'true', ALLOW_SIMULATOR: 'true' };
  const production = { NODE_ENV: 'production', INTROSPECTION: 'true', JWT_SECRET: secret, ...consent };
  const { url } = await startPressrun(ours, production);
  await using visit = await openPage(`${url}/graphql`);
  const page = await useGraphiql(visit.page);
  expect(await statusOf(visit).textContent()).toBe('Not signed in: run Register or Login.');
  expect(await visit.page.getByRole('button', { name: buttonName }).count()).toBe(0);
  expect(await page.operation()).toContain('mutationRegister{');
  await page.run();
  await visit.page.getByText('Signed in as me@example.com.').waitFor();
});
