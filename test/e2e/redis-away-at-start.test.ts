import { expect, it } from 'vitest';
import { createCampaign, signUp, startBatch } from '../support/app.ts';
import { followToEnd } from '../support/batches.ts';
import { createHome } from '../support/e2e/home.ts';
import { startPressrun } from '../support/e2e/pressrun.ts';
import { startSilentServer } from '../support/e2e/silent-server.ts';
import { startRedis } from '../support/services/redis.ts';
import { waitUntil } from '../support/services/wait-until.ts';

const readiness = async (url: string) => (await fetch(`${url}/health/ready`)).status;

it('starts while Redis is away, makes posts, and is ready when Redis is there', async () => {
  await using home = await createHome();
  await using redis = await startRedis();
  await redis.stop();
  const app = await startPressrun(home, { REDIS_URL: redis.url });
  expect(await readiness(app.url)).toBe(503);
  const account = await signUp(app);
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount: 2 });
  expect((await followToEnd(account, batchId)).at(-1)).toMatchObject({ __typename: 'BatchCompletedEvent' });
  const warnings = app.log().filter(({ msg }) => msg.startsWith('Redis cannot be reached'));
  expect(warnings.length).toBeGreaterThan(0);

  await redis.restart();
  await waitUntil('Pressrun to be ready', async () => (await readiness(app.url)) === 200);
  expect(await app.end('SIGTERM')).toMatchObject({ code: 0 });
});

it('starts beside a Redis that takes connections and never answers', async () => {
  await using home = await createHome();
  await using silent = await startSilentServer();
  const app = await startPressrun(home, { REDIS_URL: `redis://127.0.0.1:${silent.port}` });
  expect(await readiness(app.url)).toBe(503);
  expect(await app.end('SIGTERM')).toMatchObject({ code: 0 });
});
