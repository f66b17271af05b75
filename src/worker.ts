import type { Changes } from './cache/changes.ts';
import type { Config } from './config/config.ts';
import { priceOf } from './config/config.ts';
import { firstGuessSeconds } from './domain/batches/estimate.ts';
import { micros } from './domain/money/pricing.ts';
import type { ImageQuality } from './domain/posts/usage.ts';
import type { Bus } from './events/bus.ts';
import { createDispatcher } from './engine/dispatcher.ts';
import { createReconciler, type Source } from './engine/reconciler.ts';
import { createRecovery } from './engine/recovery.ts';
import { fixedSlots, learnedSlots, type Slots } from './engine/slots.ts';
import type { JobKind } from './engine/job-kind.ts';
import { createPlanBatch } from './engine/jobs/plan-batch.ts';
import { createWritePost } from './engine/jobs/write-post.ts';
import { createRunHandlers } from './engine/run-handler.ts';
import { ProviderError } from './domain/errors/provider-errors.ts';
import { lazily } from './domain/lazily.ts';
import type { Admission, Demand } from './provider/admission/admission.ts';
import { createMemoryAdmission } from './provider/admission/memory-admission.ts';
import { createDeadlines } from './provider/deadline.ts';
import { guardChains } from './provider/chains.ts';
import { createLedger } from './provider/ledger/ledger.ts';
import type { Account, ModelName, ProviderName } from './provider/openai/dialects.ts';
import type { OutageBoard } from './provider/outages.ts';
import type { Model, Provider } from './provider/provider.ts';
import type { Batches } from './services/batches/batches.ts';
import type { Images } from './services/posts/images.ts';
import { takeOverPosts } from './services/posts/earlier-release.ts';
import { createPlans } from './services/plans/plans.ts';
import { createPlanRuns } from './services/plans/runs.ts';
import { createDrafts } from './services/posts/drafts.ts';
import { createPostRuns } from './services/posts/runs.ts';
import { createRunRecovery } from './services/runs/recovery.ts';
import { createWorkbench } from './services/runs/workbench.ts';
import { createSuspectSlot, quietMs } from './domain/runs/suspects.ts';
import { prune } from './services/deletion/pruning.ts';
import { createReconciliation } from './services/batches/reconciliation.ts';
import { createQueueReordering } from './services/runs/reordering.ts';
import { createSimulatorThread } from './simulator/thread/thread.ts';
import type { Database } from './store/database.ts';
import type { Jobs } from './store/jobs/jobs.ts';
import type { RedisConnections } from './store/redis.ts';
import type { Logger } from './telemetry/logger.ts';

/** Where POST_SLOTS is not set. */
const fewestSlots = 10;
const mostSlots = 200;
/** Slots may take this share of the memory that is there at the start, with images of a few MB as text and as bytes. */
const shareOfMemory = 0.25;
const bytesOfPost = 8 * 1024 * 1024;

/**
 * How far ahead permits are reserved for new jobs. Other work waits behind them: what is for a person, and the next steps of runs,
 * which may be reserved further ahead and so get what is free first. Longer than a busy process takes to ask for the next ones.
 */
const newJobsAheadMs = 500;

/** How long a stop waits for posts in flight before it puts them back in the queue. */
const drainMs = 30_000;

/** What kinds of work are made of. */
export type KindTools = {
  provider: Provider;
  imageQuality: ImageQuality;
  images: Images;
  database: Database;
  jobs: Jobs;
  bus: Bus;
  changes: Changes;
};

/** Kinds of work beside those of Pressrun (docs/adding-a-kind-of-work.md). */
export type MoreKinds = { names: readonly string[]; create: (tools: KindTools) => readonly JobKind[] };

/**
 * Builds the part of the app that makes posts: provider, admission, ledger, dispatcher, recovery. A process that only serves
 * the API does not load it.
 *
 * @param opened closes what this opens.
 * @returns a function that starts to make posts.
 */
export async function prepareWorker(
  config: Config,
  opened: AsyncDisposableStack,
  deps: {
    database: Database;
    jobs: Jobs;
    bus: Bus;
    changes: Changes;
    batches: Batches;
    images: Images;
    outages: OutageBoard;
    deletions: readonly Source[];
    redis: RedisConnections | undefined;
    moreKinds?: MoreKinds | undefined;
    logger: Logger;
  },
): Promise<() => void> {
  const { database, jobs, bus, changes, batches, images, outages, logger } = deps;
  const admission = await openAdmission(config, deps.redis, logger);
  opened.defer(() => admission.close());
  const { models, imageQuality } = config.provider;
  const accountOf = openAccounts(config, opened, logger);
  const [writer, ...otherWriters] = models.text;
  const [artist, ...otherArtists] = models.image;
  const loaded = (named: ModelName) => loadedLate(named, accountOf);
  const guarded = guardChains(
    {
      text: [loaded(writer), ...otherWriters.map(loaded)],
      image: [loaded(artist), ...otherArtists.map(loaded)],
    },
    { admission, outages, createDeadlines, logger },
  );
  const { provider } = guarded;
  const ledger = createLedger(
    database,
    {
      priceOf: (model) => priceOf(config, model),
      monthlyBudgetMicros: config.monthlyBudget === undefined ? undefined : micros(config.monthlyBudget),
    },
    changes,
  );
  const suspects = createSuspectSlot(quietMs, () => performance.now());
  const tools = { provider, imageQuality, images, database, jobs, bus, changes };
  const kinds = [
    createWritePost({ ...tools, ...config.checks, drafts: createDrafts(database) }, createPostRuns(tools)),
    createPlanBatch({ provider, plans: createPlans(tools) }, createPlanRuns(tools)),
    ...(deps.moreKinds?.create(tools) ?? []),
  ].map((kind: JobKind) => {
    const workbench = createWorkbench({ database, jobs, bus, suspects }, kind.runs);
    return { kind, workbench };
  });
  const recovery = createRecovery({
    runs: createRunRecovery({
      database,
      jobs,
      kinds: kinds.map(({ kind, workbench }) => ({ kind: kind.runs, workbench })),
    }),
    takeOver: () => takeOverPosts({ database, jobs }),
    logger,
  });
  opened.defer(() => recovery.stop());
  const reconciliation = createReconciliation({ database, jobs, changes });
  const reordering = createQueueReordering({ database, jobs });
  const reconciler = createReconciler({
    sources: [reconciliation, reordering, ...deps.deletions],
    bus,
    logger,
  });
  opened.defer(() => reconciler.stop());
  const slots = config.postSlots ?? slotsInMemory(config);
  const lanes = kinds.flatMap(({ kind, workbench }) =>
    createRunHandlers(kind, workbench, { batches, ledger, admission, logger }).map((lane) => ({
      ...lane,
      slots: slotsFor(config, slots, kind.demand),
      allowance: () => guarded.allowance(kind.needs),
    })),
  );
  const dispatcher = createDispatcher({
    jobs,
    admission,
    lanes,
    slots,
    slotsPerWorkspace: config.postSlotsPerUser,
    onPause: guarded.onPause,
    logger,
  });
  opened.defer(() => dispatcher.stop(drainMs));
  await reconciler.start();
  await startHousekeeping(config, deps);
  return () => {
    recovery.start();
    dispatcher.start();
  };
}

/** Loads the SDK with the first call, because it is large. */
function loadedLate(named: ModelName, accountOf: AccountOf): Model {
  const model = lazily(async () => {
    const account = await accountOf(named.provider);
    const { createOpenAiModel } = await import('./provider/openai/openai.ts');
    return createOpenAiModel(named, account);
  });
  return {
    name: named.name,
    generateObject: async (request, signal) => (await model()).generateObject(request, signal),
    generateText: async (request, signal) => (await model()).generateText(request, signal),
    generateImage: async (request, signal) => (await model()).generateImage(request, signal),
    embed: async (texts, signal) => (await model()).embed(texts, signal),
  };
}

/** Removes unused images, and rows that have no effect any more. */
async function startHousekeeping(
  config: Config,
  deps: { database: Database; jobs: Jobs; images: Images },
): Promise<void> {
  const { database, jobs, images } = deps;
  await jobs.serve('asset-removals', images.removeUnused);
  await jobs.serve('pruning', async () => {
    await prune(database, config.eventRetentionDays);
    await images.removeAllUnused();
  });
  await jobs.schedule('pruning', '17 * * * *');
}

/** The slots of a process where POST_SLOTS is not set. */
function slotsInMemory({ maxPostSlots }: Config): number {
  const inMemory = Math.floor((process.availableMemory() * shareOfMemory) / bytesOfPost);
  return Math.max(fewestSlots, Math.min(mostSlots, maxPostSlots, inMemory));
}

/** The slots of one lane: all that there are, if POST_SLOTS says how many, or as many of them as keep the limits busy. */
function slotsFor(config: Config, atMost: number, demand: () => Demand): Slots {
  if (config.postSlots !== undefined) return fixedSlots(atMost);
  return learnedSlots({
    demand,
    atLeast: fewestSlots,
    atMost,
    firstGuessMs: firstGuessSeconds * 1_000 * timeScaleOf(config),
  });
}

/** The simulator's seconds are shorter if its time is scaled. */
function timeScaleOf({ provider }: Config): number {
  return provider.simulator?.timeScale ?? 1;
}

async function openAdmission(
  config: Config,
  redis: RedisConnections | undefined,
  logger: Logger,
): Promise<Admission> {
  const { models } = config.provider;
  const { requestsPerMinute, tokensPerMinute, imagesPerMinute } = config.limits;
  const perMinute = 1 / timeScaleOf(config);
  const settings = {
    maxSlots: config.maxPostSlots,
    horizonMs: newJobsAheadMs,
    limitsPerMinute: Object.fromEntries([
      ...models.text.flatMap(({ name }) => [
        [`${name}:requests`, requestsPerMinute * perMinute],
        [`${name}:tokens`, tokensPerMinute * perMinute],
      ]),
      ...models.image.map(({ name }) => [`${name}:images`, imagesPerMinute * perMinute]),
    ]),
    // Calls that leave evenly spaced do not arrive evenly. Without slack the provider would refuse some.
    utilisation: 0.98,
  };
  if (redis === undefined) return createMemoryAdmission(settings);
  const { createRedisAdmission } = await import('./provider/admission/redis-admission.ts');
  return createRedisAdmission(redis.work, settings, logger);
}

/** How a provider is reached. */
type AccountOf = (provider: ProviderName) => Promise<Account>;

/**
 * Returns how providers are reached. In place of OpenAI it may be the simulator, in a thread of its own that starts when it is
 * first asked for; the SDK calls it over HTTP.
 */
function openAccounts({ provider, limits }: Config, opened: AsyncDisposableStack, logger: Logger): AccountOf {
  if (provider.simulator === undefined) return async (name) => provider.accounts[name];
  // All models are those of OpenAI then (config.ts).
  const { seed, timeScale } = provider.simulator;
  const simulator = createSimulatorThread(
    {
      seed,
      timeScale,
      limits: {
        requestsPerMinute: Math.ceil(limits.requestsPerMinute / timeScale),
        tokensPerMinute: Math.ceil(limits.tokensPerMinute / timeScale),
        imagesPerMinute: Math.ceil(limits.imagesPerMinute / timeScale),
      },
    },
    (reason) =>
      logger.error({ err: reason }, 'the simulator crashed; it starts anew, and its posts are tried again'),
  );
  opened.defer(() => simulator.stop());
  return async () => {
    const baseUrl = await simulator.url().catch((error: unknown) => {
      logger.error({ err: error }, 'the simulator does not start; its posts are tried again');
      throw new ProviderError('PROVIDER_UNAVAILABLE', { cause: error });
    });
    return { apiKey: 'simulated', baseUrl };
  };
}
