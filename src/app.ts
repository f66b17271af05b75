import { randomUUID } from 'node:crypto';
import { createChanges } from './cache/changes.ts';
import { priceOf, type Config } from './config/config.ts';
import { createEventLog } from './events/log.ts';
import { createTails } from './events/tail.ts';
import { createHttpServer } from './http/server.ts';
import { openAnswerCache, openBus, openRedis, tokenSecrets } from './adapters.ts';
import { createOutageBoard } from './provider/outages.ts';
import { openPersistedDocuments } from './http/graphql/persisted-documents.ts';
import { createAccessTokens } from './services/accounts/access-tokens.ts';
import { createUserDeletion } from './services/deletion/users.ts';
import { createAccounts } from './services/accounts/accounts.ts';
import { createBatches } from './services/batches/batches.ts';
import { createBrands } from './services/brands/brands.ts';
import { createBatchDeletion } from './services/deletion/batches.ts';
import { createDeletePost } from './services/deletion/posts.ts';
import { createCampaignDeletion } from './services/deletion/campaigns.ts';
import { createCampaigns } from './services/campaigns/campaigns.ts';
import { createExports } from './services/posts/exports.ts';
import { createBulkEdits } from './services/posts/bulk.ts';
import { createImages } from './services/posts/images.ts';
import { createPostEdits } from './services/posts/edits.ts';
import { requireRegistration } from './services/accounts/invitations.ts';
import { createPasswords } from './services/accounts/passwords.ts';
import { createPlanEdits } from './services/plans/edits.ts';
import { createPlanItems } from './services/plans/lists.ts';
import { createPosts } from './services/posts/posts.ts';
import { createProgress } from './services/progress/progress.ts';
import { drawingRoom } from './services/renditions/draw.ts';
import { createLooks } from './services/renditions/looks.ts';
import { createLogoSignatures } from './services/renditions/logo-signatures.ts';
import { createLogos } from './services/renditions/logos.ts';
import { createRenditions } from './services/renditions/renditions.ts';
import { createQuotes } from './services/batches/quotes.ts';
import { createRateLimits } from './services/accounts/rate-limits.ts';
import { createSessions } from './services/accounts/sessions.ts';
import { createSwitchWorkspace } from './services/workspaces/switching.ts';
import { createWorkspaces } from './services/workspaces/workspaces.ts';
import { createUsages } from './services/workspaces/usages.ts';
import { openAssets } from './store/assets.ts';
import { watchClockSkew } from './store/clock-skew.ts';
import { keepPrivate } from './store/embedded/data-directory.ts';
import { openDatabase } from './store/database.ts';
import { createJobs } from './store/jobs/jobs.ts';
import type { MoreKinds } from './worker.ts';
import { runKinds } from './domain/runs/kinds.ts';
import type { Logger } from './telemetry/logger.ts';

export type App = {
  /** Where the server listens, such as `http://127.0.0.1:4000`. */
  url: string;
  /** Puts unfinished work back in the queue and closes every socket, pool and file. */
  stop(): Promise<void>;
};

/** How long a stop waits for requests in flight. */
const requestGraceMs = 2_000;

/**
 * Builds Pressrun from its parts and starts it.
 *
 * @param moreKinds kinds of work that it does beside Pressrun's own.
 * @throws ConfigError, DataDirectoryInUseError, MigrationError, ListenError: each says what to do. Closes what it has opened.
 */
export async function startApp(config: Config, logger: Logger, moreKinds?: MoreKinds): Promise<App> {
  // Closed in reverse order, on a stop and on a failed start.
  const opened = new AsyncDisposableStack();
  try {
    keepPrivate(config.dataDir, { info: (line) => logger.info(line), warn: (line) => logger.warn(line) });
    const database = await openDatabase(config, logger);
    opened.defer(() => database.close());
    if (config.databaseUrl !== undefined) opened.defer(await watchClockSkew(database, logger));
    const jobs = createJobs(database.bossOptions, logger, [...runKinds, ...(moreKinds?.names ?? [])]);
    opened.defer(() => jobs.stop());
    await jobs.start();
    const redis = await openRedis(config, opened, logger);
    const bus = await openBus(config, redis, logger);
    opened.defer(() => bus.close());
    const cache = await openAnswerCache(config, bus, redis);
    opened.defer(() => cache?.close());
    const changes = createChanges((tags) => cache?.invalidate(tags));

    const assets = await openAssets({
      folder: `${config.dataDir}/assets`,
      s3: config.assets.s3,
      baseUrl: config.assets.baseUrl,
    });
    // Who only serves the API stores no images, and may have no right to.
    const storesImages = config.role !== 'api';
    if (storesImages) {
      assets.probe().catch((error: unknown) => {
        logger.warn({ err: error }, 'images cannot be stored; /health/ready says so until they can be');
      });
    }
    const images = createImages({ database, assets, logger });
    const room = drawingRoom();
    const posts = createPosts(database);
    const outages = createOutageBoard(database, randomUUID(), logger);
    const batches = createBatches({ database, jobs, bus, changes, plansBatches: config.planning });
    const sessions = createSessions(database, {
      isShared: config.databaseUrl !== undefined,
      logger,
    });
    opened.defer(() => sessions.close());
    const limits = createRateLimits(config.rateLimits, redis?.requests);
    const deletion = createUserDeletion({ database, jobs, batches, sessions, changes, logger });
    const batchDeletion = createBatchDeletion({ database, jobs, bus, changes });
    const campaignDeletion = createCampaignDeletion({ database, jobs, batches, changes });
    const secrets = await tokenSecrets(config, logger);
    const tokens = createAccessTokens(secrets, config.accessTokens.minutes);
    const workspaces = createWorkspaces(database);
    const services = {
      prisma: database.prisma,
      accounts: createAccounts(database, {
        tokens,
        mayRegister: (invitation) => requireRegistration(config.registration, invitation, secrets),
        sessions,
        passwords: createPasswords(),
        deletion,
        limits,
        workspaces,
      }),
      workspaces: {
        ...workspaces,
        switch: createSwitchWorkspace(database, { tokens, sessions, limits, workspaces }),
      },
      campaigns: createCampaigns({ database, changes, deletion: campaignDeletion }),
      batches,
      brands: createBrands({ database, images, changes }),
      deletions: { batch: batchDeletion.run, post: createDeletePost({ database, jobs, bus, changes }) },
      outages,
      planItems: createPlanItems(database),
      planEdits: createPlanEdits({ database, jobs, bus, changes }),
      posts,
      progress: createProgress({ database, log: createEventLog(database), tails: createTails(bus) }),
      postEdits: createPostEdits({ database, jobs, bus, changes }),
      bulkEdits: createBulkEdits({ database, jobs, bus, changes, posts, logger }),
      assets,
      looks: createLooks({ database, assets, room }),
      logos: createLogos(database),
      logoSignatures: createLogoSignatures(secrets),
      exports: createExports(database),
      usages: createUsages(database),
      quotes: createQuotes(database, {
        imageQuality: config.provider.imageQuality,
        prices: {
          text: config.provider.models.text.map(({ name }) => priceOf(config, name)),
          image: config.provider.models.image.map(({ name }) => priceOf(config, name)),
        },
        plansBatches: config.planning,
        checks: config.checks,
        slots: config.postSlots ?? config.maxPostSlots,
        imagesPerMinute: config.limits.imagesPerMinute,
      }),
    };

    const http = createHttpServer({
      services,
      sessions,
      limits,
      cache,
      persisted: await openPersistedDocuments(config.http),
      settings: config.http,
      servesApi: config.role !== 'worker',
      assets,
      renditions: createRenditions({ assets, room, logger }),
      health: {
        checks: {
          database: database.probe,
          bus: bus.ping,
          ...(storesImages ? { images: assets.probe } : {}),
        },
        notices: { provider: outages.current },
      },
      logger,
    });
    opened.defer(() => http.stop(requestGraceMs));
    let startPosts: (() => void) | undefined;
    if (config.role !== 'api') {
      const { prepareWorker } = await import('./worker.ts');
      startPosts = await prepareWorker(config, opened, {
        database,
        jobs,
        bus,
        changes,
        batches,
        images,
        outages,
        deletions: [batchDeletion, campaignDeletion, deletion],
        redis,
        moreKinds,
        logger,
      });
    }
    const url = await http.start(config.host, config.port);
    // Last, and with no await after it: the caller can stop the app as soon as posts are running.
    startPosts?.();
    return { url, stop: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}
