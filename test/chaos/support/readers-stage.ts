import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import {
  createClient,
  CreateCampaignDocument,
  expectResult,
  RegisterDocument,
  StartBatchDocument,
} from '../../../client/index.ts';
import { sampleCampaign } from '../../support/app.ts';
import { startPostgres } from '../../support/services/postgres.ts';
import { startRedis } from '../../support/services/redis.ts';
import { createChild } from './child.ts';
import { amplePerMinute, startProvider } from './provider.ts';

export type ReadersStage = Awaited<ReturnType<typeof openReadersStage>>;

/** Two API processes and two workers on Postgres and Redis of their own, and an account. */
export async function openReadersStage(seed: number) {
  await using opened = new AsyncDisposableStack();
  const dataDir = await mkdtemp(`${tmpdir()}/pressrun-chaos-`);
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const postgres = opened.use(await startPostgres());
  const redis = opened.use(await startRedis());
  const provider = opened.use(await startProvider(seed));
  const settings = {
    PORT: '0',
    NODE_ENV: 'test',
    LOG_LEVEL: 'info',
    DATA_DIR: dataDir,
    DATABASE_URL: await postgres.createDatabase(),
    REDIS_URL: redis.url,
    OPENAI_API_KEY: 'chaos',
    OPENAI_BASE_URL: provider.url,
    JWT_SECRET: 'chaos needs one secret for all its processes',
    POST_SLOTS: '3',
    REQUESTS_PER_MINUTE: String(amplePerMinute.requests),
    TOKENS_PER_MINUTE: String(amplePerMinute.tokens),
    IMAGES_PER_MINUTE: String(amplePerMinute.images),
  };
  const apis = ['api_1', 'api_2'].map((name) => opened.use(createChild(name, { ...settings, ROLE: 'api' })));
  const workers = ['worker_1', 'worker_2'].map((name) =>
    opened.use(createChild(name, { ...settings, ROLE: 'worker' })),
  );
  // The first one migrates.
  for (const child of [...apis, ...workers]) await child.start();

  const anyUrl = () => apis.find((api) => api.isReady())?.url() ?? '';
  const { register } = await createClient({ url: anyUrl() }).run(RegisterDocument, {
    input: { email: 'readers@example.com', password: 'correct horse' },
  });
  const { accessToken: token } = expectResult(register, 'Login');
  const rest = opened.move();
  return {
    redis,
    apis,
    workers,
    token,
    async startBatch(name: string, postCount: number): Promise<string> {
      const { run } = createClient({ url: anyUrl(), token });
      const { createCampaign } = await run(CreateCampaignDocument, {
        input: { ...sampleCampaign, brand: name },
      });
      const { startBatch } = await run(StartBatchDocument, {
        input: { campaignId: expectResult(createCampaign, 'Campaign').id, postCount },
      });
      return expectResult(startBatch, 'Batch').id;
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}
