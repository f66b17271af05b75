import { describe, expect, it } from 'vitest';
import { createCampaign, signUp, startBatch } from '../support/app.ts';
import { followToEnd } from '../support/batches.ts';
import { createHome } from '../support/e2e/home.ts';
import { startPressrun, type Pressrun } from '../support/e2e/pressrun.ts';
import { startPostgres } from '../support/services/postgres.ts';
import { startRedis } from '../support/services/redis.ts';
import { waitUntil } from '../support/services/wait-until.ts';

describe('Pressrun on PostgreSQL and Redis', () => {
  it('makes posts, and ends by itself with code 0 at SIGTERM', async () => {
    await using services = await startServices();
    const { app } = services;
    const account = await signUp(app);
    const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 3 });
    expect((await followToEnd(account, batchId)).at(-1)).toMatchObject({ __typename: 'BatchCompletedEvent' });
    expect(app.log()).toContainEqual(expect.objectContaining({ database: 'postgres', bus: 'redis' }));
    expect(await app.end('SIGTERM')).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('is alive all the time, and ready only while the database answers', async () => {
    await using services = await startServices();
    const { app, postgres } = services;
    expect(await health(app, 'ready')).toEqual([
      200,
      { status: 'ready', database: 'ok', bus: 'ok', images: 'ok' },
    ]);

    await postgres.pause();
    await expect
      .poll(() => health(app, 'ready'))
      .toEqual([503, { status: 'not ready', database: 'slow', bus: 'ok', images: 'ok' }]);
    expect(await health(app, 'live')).toEqual([200, { status: 'live' }]);

    await postgres.resume();
    await waitUntil('Pressrun to be ready again', async () => (await health(app, 'ready'))[0] === 200);
  });

  it('is not ready, and says why, while the database is gone', async () => {
    await using services = await startServices();
    const { app, postgres } = services;
    await postgres.stop();
    await expect
      .poll(() => health(app, 'ready'))
      .toEqual([503, { status: 'not ready', database: 'down', bus: 'ok', images: 'ok' }]);

    await postgres.restart();
    await waitUntil('Pressrun to be ready again', async () => (await health(app, 'ready'))[0] === 200);
  });

  it('is not ready, and says why, while Redis is gone', async () => {
    await using services = await startServices();
    const { app, redis } = services;
    await redis.kill();
    await expect
      .poll(() => health(app, 'ready'))
      .toEqual([503, { status: 'not ready', database: 'ok', bus: 'down', images: 'ok' }]);

    await redis.restart();
    await waitUntil('Pressrun to be ready again', async () => (await health(app, 'ready'))[0] === 200);
  });

  it('serves nothing but its health where it only makes posts', async () => {
    await using services = await startServices({
      ROLE: 'worker',
      JWT_SECRET: 'a secret that all of these instances share',
    });
    const { app } = services;
    expect(await health(app, 'ready')).toEqual([
      200,
      { status: 'ready', database: 'ok', bus: 'ok', images: 'ok' },
    ]);
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ query: '{ __typename }' });
    const answer = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body });
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('ROLE=worker')]);
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const opened = await new Promise((resolve) => {
      socket.addEventListener('open', () => resolve(true));
      socket.addEventListener('error', () => resolve(false));
    });
    expect(opened).toBe(false);
  });
});

/** Pressrun with servers of its own. */
async function startServices(settings: Record<string, string> = {}) {
  await using opened = new AsyncDisposableStack();
  const home = opened.use(await createHome());
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  opened.use(postgres);
  opened.use(redis);
  const app = await startPressrun(home, {
    DATABASE_URL: await postgres.createDatabase(),
    REDIS_URL: redis.url,
    ...settings,
  });
  const running = opened.move();
  return { app, postgres, redis, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function health(app: Pressrun, check: 'live' | 'ready'): Promise<[number, unknown]> {
  const response = await fetch(`${app.url}/health/${check}`);
  return [response.status, await response.json()];
}
