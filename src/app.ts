import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import type { Config } from './config.ts';
import { micros } from './domain/pricing.ts';
import { createLocalBus, type Bus } from './events/bus.ts';
import { createEventLog } from './events/log.ts';
import { createTails } from './events/tail.ts';
import { createHttpServer } from './http/server.ts';
import { createDispatcher } from './orchestrator/dispatcher.ts';
import { createRecovery } from './orchestrator/recovery.ts';
import { createPostWriter } from './orchestrator/write-post.ts';
import type { Admission } from './provider/admission/admission.ts';
import { createMemoryAdmission } from './provider/admission/memory-admission.ts';
import { guardProvider } from './provider/guard.ts';
import { createLedger } from './provider/ledger.ts';
import { createOpenAiProvider } from './provider/openai.ts';
import { createOutageBoard, type OutageBoard } from './provider/outages.ts';
import { openPersistedDocuments } from './http/persisted-documents.ts';
import { createAccessTokens } from './services/access-tokens.ts';
import { createAccountDeletion, type AccountDeletion } from './services/account-deletion.ts';
import { createAccounts } from './services/accounts.ts';
import { createBatches, type Batches } from './services/batches.ts';
import { createCampaigns } from './services/campaigns.ts';
import { createExports } from './services/exports.ts';
import { createPostEdits } from './services/post-edits.ts';
import { createPasswords } from './services/passwords.ts';
import { createPostRecovery } from './services/post-recovery.ts';
import { createPostWorkbench } from './services/post-work.ts';
import { createPosts } from './services/posts.ts';
import { createProgress } from './services/progress.ts';
import { prune } from './services/pruning.ts';
import { createQuotes } from './services/quotes.ts';
import { createRateLimits, type RateLimits } from './services/rate-limits.ts';
import { createSessions } from './services/sessions.ts';
import { createUsages } from './services/usages.ts';
import { openAssets, type AssetStore } from './store/assets.ts';
import { openDatabase, type Database } from './store/database.ts';
import { createJobs, type Jobs } from './store/jobs.ts';
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

    const assets = await openAssets({
      folder: `${config.dataDir}/assets`,
      s3: config.assets.s3,
      baseUrl: config.assets.baseUrl,
    });
    const posts = createPosts(database);
    const outages = createOutageBoard(database, randomUUID(), logger);
    const batches = createBatches({ database, jobs, bus });
    const sessions = createSessions(database, { isShared: config.databaseUrl !== undefined, logger });
    opened.defer(() => sessions.close());
    const limits = await openRateLimits(config, opened, logger);
    const deletion = createAccountDeletion({ database, jobs, batches, assets });
    const services = {
      prisma: database.prisma,
      accounts: createAccounts(database, {
        tokens: createAccessTokens(await tokenSecrets(config, logger), config.accessTokens.minutes),
        sessions,
        passwords: createPasswords(),
        deletion,
        limits,
      }),
      campaigns: createCampaigns(database),
      batches,
      outages,
      posts,
      progress: createProgress({ database, log: createEventLog(database), tails: createTails(bus) }),
      postEdits: createPostEdits({ database, jobs, bus }),
      assets,
      exports: createExports(database),
      usages: createUsages(database),
      quotes: createQuotes(database, {
        ...config.provider,
        priceOf: (model) => priceOf(config, model),
        slots: config.postSlots,
        imagesPerMinute: config.limits.imagesPerMinute,
      }),
    };

    const http = createHttpServer({
      services,
      sessions,
      limits,
      documents: await openPersistedDocuments(config.http),
      settings: config.http,
      servesApi: config.role !== 'worker',
      assets,
      health: { database: database.ping, bus: bus.ping },
      logger,
    });
    opened.defer(() => http.stop(requestGraceMs));
    const url = await http.start(config.host, config.port);

    if (config.role !== 'api') {
      await startWorker(config, opened, { database, jobs, bus, batches, assets, outages, logger });
      await startHousekeeping(config, { database, jobs, deletion });
    }
    return { url, stop: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** What makes posts: provider, admission, ledger, dispatcher, recovery. */
async function startWorker(
  config: Config,
  opened: AsyncDisposableStack,
  deps: {
    database: Database;
    jobs: Jobs;
    bus: Bus;
    batches: Batches;
    assets: AssetStore;
    outages: OutageBoard;
    logger: Logger;
  },
): Promise<void> {
  const { database, jobs, bus, batches, assets, outages, logger } = deps;
  const admission = await openAdmission(config, logger);
  opened.defer(() => admission.close());
  const guarded = guardProvider(
    createOpenAiProvider({ ...config.provider, ...(await providerAddress(config, opened)) }),
    { admission, outages, logger },
  );
  const { provider } = guarded;
  const ledger = createLedger(database, {
    priceOf: (model) => priceOf(config, model),
    monthlyBudgetMicros: config.monthlyBudget === undefined ? undefined : micros(config.monthlyBudget),
  });
  const workbench = createPostWorkbench({ database, jobs, bus });
  const recovery = createRecovery({ posts: createPostRecovery({ database, jobs, workbench }), logger });
  opened.defer(() => recovery.stop());
  const dispatcher = createDispatcher({
    jobs,
    admission,
    handler: createPostWriter({ workbench, batches, jobs, provider, ledger, assets, bus, logger }),
    slots: config.postSlots,
    slotsPerOwner: config.postSlotsPerUser,
    provider: guarded,
    logger,
  });
  opened.defer(() => dispatcher.stop(drainMs));
  recovery.start();
  dispatcher.start();
}

/** What nobody waits for: pictures of deleted accounts, and rows that have no effect any more. */
async function startHousekeeping(
  config: Config,
  deps: { database: Database; jobs: Jobs; deletion: AccountDeletion },
): Promise<void> {
  const { database, jobs, deletion } = deps;
  await jobs.serve('asset-removals', deletion.removeAssets);
  await jobs.serve('pruning', () => prune(database, config.eventRetentionDays));
  await jobs.schedule('pruning', '17 * * * *');
}

async function openRateLimits(
  config: Config,
  opened: AsyncDisposableStack,
  logger: Logger,
): Promise<RateLimits> {
  if (config.redisUrl === undefined) return createRateLimits(config.rateLimits, undefined);
  const { openRedis } = await import('./store/redis.ts');
  const redis = await openRedis(config.redisUrl, logger);
  opened.defer(() => redis.disconnect());
  return createRateLimits(config.rateLimits, redis);
}

async function openAdmission(config: Config, logger: Logger): Promise<Admission> {
  const { textModel, imageModel } = config.provider;
  const { requestsPerMinute, tokensPerMinute, imagesPerMinute } = config.limits;
  // A minute of the embedded simulator is as much shorter as the simulator is faster.
  const perMinute = config.provider.kind === 'simulator' ? 1 / config.provider.timeScale : 1;
  const settings = {
    maxSlots: config.maxPostSlots,
    limitsPerMinute: {
      [`${textModel}:requests`]: requestsPerMinute * perMinute,
      [`${textModel}:tokens`]: tokensPerMinute * perMinute,
      [`${imageModel}:images`]: imagesPerMinute * perMinute,
    },
    // Calls that leave evenly spaced do not arrive so; at the very limit the early ones are refused.
    utilisation: 0.98,
  };
  if (config.redisUrl === undefined) return createMemoryAdmission(settings);
  const { createRedisAdmission } = await import('./provider/admission/redis-admission.ts');
  return createRedisAdmission(config.redisUrl, settings, logger);
}

async function openBus(config: Config, logger: Logger): Promise<Bus> {
  if (config.redisUrl === undefined) return createLocalBus();
  const { createRedisBus } = await import('./events/redis-bus.ts');
  return createRedisBus(config.redisUrl, logger);
}

/** Without a key, the simulator runs in this process, and the same SDK calls it over HTTP. */
async function providerAddress(
  config: Config,
  opened: AsyncDisposableStack,
): Promise<{ apiKey: string; baseUrl: string | undefined }> {
  const { provider } = config;
  if (provider.kind === 'openai') return provider;
  const { createSimulator } = await import('./simulator/server.ts');
  const { requestsPerMinute, tokensPerMinute, imagesPerMinute } = config.limits;
  const simulator = createSimulator({
    seed: provider.seed,
    timeScale: provider.timeScale,
    limits: {
      requestsPerMinute: Math.ceil(requestsPerMinute / provider.timeScale),
      tokensPerMinute: Math.ceil(tokensPerMinute / provider.timeScale),
      imagesPerMinute: Math.ceil(imagesPerMinute / provider.timeScale),
    },
  });
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
async function tokenSecrets(config: Config, logger: Logger): Promise<Uint8Array[]> {
  const { secrets } = config.accessTokens;
  if (secrets.length > 0) return secrets.map((secret) => new TextEncoder().encode(secret));
  const file = `${config.dataDir}/token-secret`;
  const whole = `${file}.${randomUUID()}`;
  await mkdir(config.dataDir, { recursive: true });
  // Linked into place, so that a process that is killed here leaves no half of a secret.
  await writeFile(whole, randomBytes(48).toString('base64'), { mode: 0o600 });
  try {
    await link(whole, file);
    logger.info(`JWT_SECRET is not set; made one and kept it in ${file}`);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await unlink(whole);
  }
  return [await readFile(file)];
}
