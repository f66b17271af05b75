import type { Config } from './config.ts';

/** A service that was set does not let us in. The message says which, why, and what to check. */
export class ServiceUnusableError extends Error {
  override readonly name = 'ServiceUnusableError';

  /** @param url may hold a password: only its host is told. */
  constructor(service: string, setting: string, url: string, reason: string) {
    super(
      `${service} at ${new URL(url).host} cannot be used: ${reason}. ` +
        `Check that it runs, that it can be reached from here, and that ${setting} is right.`,
    );
  }
}

/** How long a service may take to let us in. */
const patienceMs = 2_000;

/**
 * Looks for the reason of a failed start outside: tries each service that was set, as clients do. The errors
 * of the start itself tell too little, such as "Connection is closed."
 *
 * @returns undefined where all of them answer.
 */
export async function findUnusableService(config: Config): Promise<ServiceUnusableError | undefined> {
  const { databaseUrl, redisUrl } = config;
  const [postgres, redis] = await Promise.all([
    databaseUrl === undefined ? undefined : refusalOf(tryPostgres(databaseUrl)),
    redisUrl === undefined ? undefined : refusalOf(tryRedis(redisUrl)),
  ]);
  if (databaseUrl !== undefined && postgres !== undefined) {
    return new ServiceUnusableError('PostgreSQL', 'DATABASE_URL', databaseUrl, postgres);
  }
  if (redisUrl !== undefined && redis !== undefined) {
    return new ServiceUnusableError('Redis', 'REDIS_URL', redisUrl, redis);
  }
  return undefined;
}

async function tryPostgres(url: string): Promise<void> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: url, connectionTimeoutMillis: patienceMs });
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
}

async function tryRedis(url: string): Promise<void> {
  const { Redis } = await import('ioredis');
  const bounded = { connectTimeout: patienceMs, commandTimeout: patienceMs, maxRetriesPerRequest: 0 };
  const client = new Redis(url, { ...bounded, lazyConnect: true, retryStrategy: () => null });
  const failed = new Promise<never>((_resolve, reject) => client.on('error', reject));
  try {
    await Promise.race([failed, client.connect()]);
  } finally {
    client.disconnect();
  }
}

function refusalOf(attempt: Promise<void>): Promise<string | undefined> {
  return attempt.then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof Error)) return String(error);
      // A name with several addresses fails with an AggregateError, which has a code and no message.
      return error.message === '' && 'code' in error ? String(error.code) : error.message;
    },
  );
}
