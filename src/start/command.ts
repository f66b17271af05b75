import cluster from 'node:cluster';
import { startApp, type App } from '../app.ts';
import { runCluster } from './cluster.ts';
import { readOptions } from './options.ts';
import { readConfig, type Config } from '../config/config.ts';
import { ConfigError, environments } from '../config/environment.ts';
import { unknownSettings } from '../config/unknown-settings.ts';
import { PersistedDocumentsError } from '../http/graphql/persisted-documents.ts';
import { ListenError } from '../http/listen-error.ts';
import { findUnusable, UnusableError } from './failure.ts';
import { DataDirectoryInUseError } from '../store/embedded/data-directory.ts';
import { MigrationError } from '../store/migrations/failures.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';

/** A supervisor that signals both a process and its group sends the same signal twice. The second one within this time is ignored. */
const sameSignalMs = 1_000;

/** Errors that a person can fix. They are printed without a stack. */
const expected = (error: unknown): error is Error =>
  error instanceof ConfigError ||
  error instanceof ListenError ||
  error instanceof PersistedDocumentsError ||
  error instanceof DataDirectoryInUseError ||
  error instanceof MigrationError ||
  error instanceof UnusableError;

/** Warns of settings that do not exist. In a cluster, the first process does it for all. */
function warnOfUnknownSettings(logger: Logger): void {
  if (cluster.isWorker) return;
  for (const warning of unknownSettings(environments())) logger.warn(warning);
}

/** @returns sentences about settings that do not exist; none if the settings cannot be read. */
function misspelt(): string[] {
  try {
    return unknownSettings(environments());
  } catch {
    return [];
  }
}

/** Who makes the posts, such as `simulator` or `anthropic, openai`. */
function providersOf({ provider: { models, simulator } }: Config): string {
  const used = new Set([...models.text, ...models.image].map(({ provider }) => provider));
  return simulator === undefined ? [...used].join(', ') : 'simulator';
}

/** What may be done now. A worker answers no requests, and GraphiQL needs introspection. */
function readyNews({ role, http }: Config): string {
  if (role === 'worker') return 'Pressrun is ready to make posts; its health is at the url';
  return http.introspection
    ? 'Pressrun is ready; open the url in a browser for GraphiQL'
    : 'Pressrun is ready; GraphQL is at the url';
}

/** Runs a cluster until it ends. @throws ConfigError without PostgreSQL and Redis, which its processes share. */
async function mainOfCluster(size: number): Promise<void> {
  const config = readConfig();
  if (config.databaseUrl === undefined || config.redisUrl === undefined) {
    throw new ConfigError(
      '--cluster needs DATABASE_URL and REDIS_URL: the embedded database belongs to one process. Without them, start it without --cluster.',
    );
  }
  const logger = createLogger(config.logLevel);
  warnOfUnknownSettings(logger);
  process.exitCode = await runCluster(size, logger);
  logger.info('stopped');
}

/** Runs one process until it is stopped. */
async function main(): Promise<void> {
  // Stops this process when its parent is gone, even if that was killed. A cluster does this itself.
  const left = Promise.withResolvers<void>();
  if (!cluster.isWorker) {
    process.once('disconnect', () => left.resolve());
    // A stopped process does not wait for its parent.
    process.channel?.unref();
  }
  const startedAt = performance.now();
  // Files are readable by this user account only.
  process.umask(0o077);
  const config = readConfig();
  const logger = createLogger(config.logLevel);
  let app: App | undefined;
  let stoppingSince: number | undefined;
  const stop = (signal: NodeJS.Signals) => {
    if (app === undefined) {
      // A start may be interrupted at any point.
      logger.info({ signal }, 'stopped before it was ready');
      process.exit(0);
    }
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince < sameSignalMs) return;
      logger.warn(
        { signal },
        'stopped at once; posts in flight are made again when their heartbeat has run out',
      );
      process.exit(1);
    }
    stoppingSince = performance.now();
    logger.info({ signal }, 'stopping; posts in flight are finished or handed back (again to stop at once)');
    app
      .stop()
      .then(
        () => logger.info('stopped'),
        (error: unknown) => {
          logger.error({ err: error }, 'did not stop cleanly');
          process.exitCode = 1;
        },
      )
      // The channel to the cluster would keep the process alive.
      .finally(() => cluster.worker?.disconnect());
  };
  // Before the start: the first process of a container ignores signals without a handler.
  process.on('SIGTERM', stop);
  void left.promise.then(() => stop('SIGTERM'));
  // In a cluster, the first process handles SIGINT.
  process.on('SIGINT', cluster.isWorker ? () => undefined : stop);

  warnOfUnknownSettings(logger);
  app = await startApp(config, logger).catch(async (error: unknown) => {
    throw expected(error) ? error : ((await findUnusable(config)) ?? error);
  });
  logger.info(
    {
      url: `${app.url}${config.role === 'worker' ? '/health/ready' : '/graphql'}`,
      database: config.databaseUrl === undefined ? 'embedded' : 'postgres',
      bus: config.redisUrl === undefined ? 'in-process' : 'redis',
      provider: providersOf(config),
      ms: Math.round(performance.now() - startedAt),
    },
    readyNews(config),
  );
}

// Only the first process of a cluster reads the arguments.
const options = cluster.isPrimary ? await readOptions(process.argv.slice(2)) : undefined;
const running = options?.cluster === undefined ? main() : mainOfCluster(options.cluster);
running.catch(async (error: unknown) => {
  const told = expected(error) ? error.message : error instanceof Error ? error.stack : String(error);
  // A misspelt setting is often why another one is missing.
  const hints = error instanceof ConfigError ? misspelt() : [];
  // A failed start may leave open clients, which must not keep the process alive.
  process.stderr.write(`${[told, ...hints].join('\n')}\n`, () => process.exit(1));
});
