import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { startPostgres } from '../../support/services/postgres.ts';
import { startRedis } from '../../support/services/redis.ts';
import { createChild } from './child.ts';
import { startKinds } from './kinds.ts';
import { startLoad } from './load.ts';
import { amplePerMinute, startProvider } from './provider.ts';
import { addRole, openWitness } from './witness.ts';

/** Posts that each worker writes at the same time. */
const slotsPerWorker = 4;

export type Stage = Awaited<ReturnType<typeof openStage>>;

/**
 * A whole Pressrun: Postgres and Redis of its own, a simulator in this process, one API process and some workers, and
 * a client that keeps them busy. Disposing of it ends everything.
 */
export async function openStage(settings: { workers: number; seed: number }) {
  await using opened = new AsyncDisposableStack();
  const dataDir = await mkdtemp(`${tmpdir()}/pressrun-chaos-`);
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const postgres = opened.use(await startPostgres());
  const redis = opened.use(await startRedis());
  const provider = opened.use(await startProvider(settings.seed));
  const databaseUrl = await postgres.createDatabase();
  const common = {
    PORT: '0',
    NODE_ENV: 'test',
    LOG_LEVEL: 'info',
    DATA_DIR: dataDir,
    REDIS_URL: redis.url,
    OPENAI_BASE_URL: provider.url,
    JWT_SECRET: 'chaos needs one secret for all its processes',
    // A long run outlives a token of the usual life.
    ACCESS_TOKEN_MINUTES: '1440',
    POST_SLOTS: String(slotsPerWorker),
    REQUESTS_PER_MINUTE: String(amplePerMinute.requests),
    TOKENS_PER_MINUTE: String(amplePerMinute.tokens),
    IMAGES_PER_MINUTE: String(amplePerMinute.images),
  };
  const api = opened.use(
    createChild('api', { ...common, ROLE: 'api', DATABASE_URL: databaseUrl, OPENAI_API_KEY: 'api' }),
  );
  await api.start();
  const witness = opened.use(await openWitness(databaseUrl));

  const workers = [];
  for (let number = 1; number <= settings.workers; number += 1) {
    const name = `worker_${number}`;
    const ownUrl = await addRole(databaseUrl, name);
    workers.push(
      opened.use(
        createChild(
          name,
          { ...common, ROLE: 'worker', DATABASE_URL: ownUrl, OPENAI_API_KEY: name },
          'test/chaos/support/worker.ts',
        ),
      ),
    );
  }
  await Promise.all(workers.map((worker) => worker.start()));
  const load = await startLoad({ url: api.url(), ahead: 60, postCount: 30 });
  const kinds = opened.use(await startKinds({ databaseUrl, witness, ahead: 12 }));
  const rest = opened.move();
  return {
    postgres,
    redis,
    provider,
    witness,
    api,
    workers,
    load,
    kinds,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}
