import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Config } from './config.ts';
import { createLocalBus, type Bus } from './events/bus.ts';
import { createEventLog } from './events/log.ts';
import { createHttpServer } from './http/server.ts';
import { createDispatcher } from './orchestrator/dispatcher.ts';
import { createPostWriter } from './orchestrator/write-post.ts';
import { createLedger } from './provider/ledger.ts';
import { createOpenAiProvider } from './provider/openai.ts';
import { createAccounts } from './services/accounts.ts';
import { createBatches } from './services/batches.ts';
import { createCampaigns } from './services/campaigns.ts';
import { createPosts } from './services/posts.ts';
import { openAssets } from './store/assets.ts';
import { openDatabase } from './store/database.ts';
import { createJobs } from './store/jobs.ts';
import type { Logger } from './telemetry/logger.ts';

export type App = {
  /** Where it answers, such as `http://127.0.0.1:4000`. */
  url: string;
  /** Hands unfinished work back and closes every socket, pool and file. */
  stop(): Promise<void>;
};

/** How long a stop waits for posts in flight before it hands them back. */
const drainMs = 30_000;
/** How long it waits for requests in flight. */
const requestGraceMs = 2_000;

/**
 * Builds the whole of Pressrun and starts it: the only place where adapters are made and joined.
 *
 * @throws ConfigError, DataDirectoryInUseError, PortInUseError: each says what to do. What was opened until
 * then is closed again.
 */
export async function startApp(config: Config, logger: Logger): Promise<App> {
  // Closed in the opposite order of their making, on stop and on a failed start alike.
  const opened = new AsyncDisposableStack();
  try {
    const database = await openDatabase(config, logger);
    opened.defer(() => database.close());
    const jobs = createJobs(database.bossOptions, logger);
    opened.defer(() => jobs.stop());
    await jobs.start();
    const bus = await openBus(config, logger);
    opened.defer(() => bus.close());

    let url = '';
    const assets = await openAssets({
      folder: `${config.dataDir}/assets`,
      s3: config.assets.s3,
      baseUrl: () => config.assets.baseUrl ?? `${url}/assets`,
    });
    const provider = createOpenAiProvider({ ...config.provider, ...(await providerAddress(config, opened)) });
    const ledger = createLedger(database, (model) => priceOf(config, model));

    const log = createEventLog(database);
    const posts = createPosts({ database, jobs, bus });
    const services = {
      prisma: database.prisma,
      accounts: createAccounts(database, await tokenSecret(config, logger)),
      campaigns: createCampaigns(database),
      batches: createBatches({ database, jobs, bus, log }),
      posts,
      assets,
    };

    const http = createHttpServer({
      services,
      assets,
      health: { database: database.ping, bus: bus.ping },
      logger,
    });
    opened.defer(() => http.stop(requestGraceMs));
    url = await http.start(config.host, config.port);

    const dispatcher = createDispatcher({
      jobs,
      queue: 'posts',
      slots: config.postSlots,
      handle: createPostWriter({ posts, jobs, provider, ledger, assets, bus, logger }),
      logger,
    });
    opened.defer(() => dispatcher.stop(drainMs));
    dispatcher.start();
    return { url, stop: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function openBus(config: Config, logger: Logger): Promise<Bus> {
  if (config.redisUrl === undefined) return createLocalBus();
  const { createRedisBus } = await import('./events/redis-bus.ts');
  return createRedisBus(config.redisUrl, logger);
}

/** Without a key, the simulator runs in this process, and the same SDK calls it over HTTP. */
async function providerAddress(
  { provider }: Config,
  opened: AsyncDisposableStack,
): Promise<{ apiKey: string; baseUrl: string | undefined }> {
  if (provider.kind === 'openai') return provider;
  const { createSimulator } = await import('./simulator/server.ts');
  const simulator = createSimulator({ seed: provider.seed, timeScale: provider.timeScale });
  const { url } = await simulator.start(0);
  opened.defer(() => simulator.stop());
  return { apiKey: 'simulated', baseUrl: url };
}

function priceOf({ provider }: Config, model: string) {
  const price = provider.prices.get(model);
  if (price === undefined) throw new Error(`No price is known for the model ${model}.`);
  return price;
}

/** A secret of its own, kept beside the data, where none is set: logins survive a restart. */
async function tokenSecret(config: Config, logger: Logger): Promise<Uint8Array> {
  if (config.jwtSecret !== undefined) return new TextEncoder().encode(config.jwtSecret);
  const file = `${config.dataDir}/token-secret`;
  await mkdir(config.dataDir, { recursive: true });
  try {
    await writeFile(file, randomBytes(48).toString('base64'), { flag: 'wx', mode: 0o600 });
    logger.info(`JWT_SECRET is not set; made one and kept it in ${file}`);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFile(file);
}
