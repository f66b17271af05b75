import { describe, expect, it } from 'vitest';
import { followBatch, LoginDocument, MeDocument } from '../../client/index.ts';
import { anonymous, createCampaign, signUp, startBatch, type Account } from '../support/app.ts';
import { followToEnd, getPosts, stored } from '../support/batches.ts';
import { createHome } from '../support/e2e/home.ts';
import { launchPressrun, startPressrun, type Pressrun } from '../support/e2e/pressrun.ts';
import { freePort } from '../support/services/free-port.ts';
import { waitUntil } from '../support/services/wait-until.ts';

/** On one port, so that clients find it again after a restart. */
const onOnePort = async () => ({ PORT: String(await freePort()) });

describe('Pressrun with no settings', () => {
  it('starts on a fresh directory and answers', async () => {
    await using home = await createHome();
    const app = await startPressrun(home);
    const account = await signUp(app);
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 3 });
    expect((await followToEnd(account, batchId)).at(-1)).toMatchObject({
      __typename: 'BatchCompletedEvent',
      progress: { completedCount: 3, failedCount: 0 },
    });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends by itself with code 0 at %s', async (signal) => {
    await using home = await createHome();
    const app = await startPressrun(home);
    const account = await signUp(app);
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 2 });
    await followToEnd(account, batchId);
    expect(await app.end(signal)).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(app.log().at(-1)).toMatchObject({ msg: 'stopped' });
  });

  it('finishes the posts in flight when it is stopped, and leaves the others for its next start', async () => {
    await using home = await createHome();
    const settings = { ...(await onOnePort()), SIMULATOR_TIME_SCALE: '0.1', POST_SLOTS: '3' };
    const stopped = await startPressrun(home, settings);
    const account = await signUp(stopped);
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 9 });
    await firstCompleted(account, batchId);
    expect(await stopped.end('SIGTERM')).toMatchObject({ code: 0 });
    const finished = completions(stopped);
    expect(finished).toBeGreaterThan(1);
    expect(finished).toBeLessThan(9);

    const next = await startPressrun(home, settings);
    await followToEnd(account, batchId);
    expect(completions(next)).toBe(9 - finished);
  });

  it('starts on a directory that an earlier process was killed while setting up', async () => {
    await using home = await createHome();
    const killed = await launchPressrun(home);
    await waitUntil('the set-up to begin', () =>
      killed.log().some(({ msg }) => msg.startsWith('Setting up')),
    );
    await killed.end('SIGKILL');
    const account = await signUp(await startPressrun(home));
    expect(await account.run(MeDocument, {})).toMatchObject({ me: { id: account.id } });
  });

  it('keeps accounts and their tokens over a restart', async () => {
    await using home = await createHome();
    const settings = await onOnePort();
    const before = await startPressrun(home, settings);
    const account = await signUp(before);
    await before.end('SIGTERM');

    const after = await startPressrun(home, settings);
    expect(await account.run(MeDocument, {})).toEqual({ me: { id: account.id, email: account.email } });
    const input = { email: account.email, password: 'correct horse' };
    const { login } = await anonymous(after).run(LoginDocument, { input });
    expect(login).toMatchObject({ __typename: 'Login', user: { id: account.id } });
  });

  it('completes every post of a batch exactly once though it is killed in the middle of it', async () => {
    await using home = await createHome();
    const settings = { ...(await onOnePort()), SIMULATOR_TIME_SCALE: '0.1', POST_SLOTS: '4' };
    const killed = await startPressrun(home, settings);
    const account = await signUp(killed);
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 20 });
    await firstCompleted(account, batchId);
    expect(await killed.end('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });

    await startPressrun(home, settings);
    expect(await statuses(account, batchId)).toContain('GENERATING');
    const events = stored(await followToEnd(account, batchId));
    expect(events.map(({ cursor }) => Number(cursor))).toEqual(
      Array.from({ length: 22 }, (_, index) => index + 1),
    );
    const completed = events.flatMap((event) =>
      event.__typename === 'PostCompletedEvent' ? [event.post.id] : [],
    );
    expect(new Set(completed).size).toBe(20);
    expect(await statuses(account, batchId)).toEqual(Array.from({ length: 20 }, () => 'COMPLETED'));
  });
});

describe('two processes on one data directory', () => {
  it('are one too many: the second is refused in one line, and the first goes on', async () => {
    await using home = await createHome();
    const first = await startPressrun(home);
    const second = await launchPressrun(home);
    const { code, stderr } = await second.ended();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Another Pressrun works on ${home.dataDir}. Stop it, set DATA_DIR to another folder, or set DATABASE_URL: ` +
        'the embedded database belongs to one process at a time.\n',
    );
    await signUp(first);
  });

  it('may follow each other at once, even where the first is killed', async () => {
    await using home = await createHome();
    const settings = await onOnePort();
    const first = await startPressrun(home, settings);
    const account = await signUp(first);
    await first.end('SIGKILL');
    await startPressrun(home, settings);
    expect(await account.run(MeDocument, {})).toMatchObject({ me: { id: account.id } });
  });
});

/** Waits until the first post of a batch is completed. */
async function firstCompleted(account: Account, batchId: string): Promise<void> {
  for await (const event of followBatch({ url: account.url, token: account.token, batchId })) {
    if (event.__typename === 'PostCompletedEvent') return;
  }
  throw new Error('No post of the batch was completed');
}

/** How many posts a process says that it completed. */
function completions(app: Pressrun): number {
  return app.log().filter(({ msg }) => msg === 'run completed').length;
}

async function statuses(account: Account, batchId: string) {
  return (await getPosts(account, { batchId })).map(({ status }) => status);
}
