import { Redis, type RedisOptions } from 'ioredis';
import { z } from 'zod';
import type { Logger } from '../telemetry/logger.ts';

/** A connection that waits this long for an answer is replaced: TCP does not report a silent one. */
const silenceMs = 3_000;

/**
 * Creates a connection to Redis without opening it. It reconnects by itself. If Redis refuses to select the database of
 * `url`, it reconnects, because ioredis would go on with database 0. By default ioredis would wait for a hung server for ever.
 *
 * @param timeoutMs how long a command waits for its answer.
 */
export function createRedis(
  url: string,
  timeoutMs: number,
  logger: Logger,
  options: Pick<RedisOptions, 'enableAutoPipelining' | 'autoResubscribe'> = {},
): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    commandTimeout: timeoutMs,
    socketTimeout: silenceMs,
    keepAlive: 5_000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt: number) => Math.min(100 * 2 ** attempt, 1_000),
    ...options,
  });
  redis.on('error', (error) => {
    if (!refusedSelectSchema.safeParse(error).success) return;
    logger.error({ error: error.message }, 'Redis refuses the database of REDIS_URL; trying again');
    // Before the connection is ready, so that nothing is written to database 0.
    redis.stream.destroy();
  });
  return redis;
}

const refusedSelectSchema = z.object({
  name: z.literal('ReplyError'),
  command: z.object({ name: z.literal('select') }),
});

/** Refusals that only a change of settings ends. Others, such as too many clients, are transient. */
const permanentRefusal = /^(WRONGPASS|NOAUTH|NOPERM|ERR (invalid )?DB index)/;

/**
 * Connects for the first time. If Redis cannot be reached, resolves and keeps trying every second.
 *
 * @throws ReplyError if Redis refuses the password or the database.
 */
export async function connectRedis(redis: Redis, logger: Logger): Promise<void> {
  const refusals: Error[] = [];
  const note = (error: Error) => permanentRefusal.test(error.message) && refusals.push(error);
  redis.on('error', note);
  try {
    await redis.connect();
  } catch (error) {
    // `connect` itself may only say that the connection was closed.
    const [refusal] = refusals;
    if (refusal !== undefined) {
      redis.disconnect();
      throw refusal;
    }
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ error: reason }, 'Redis cannot be reached; going on without it until it can');
  } finally {
    redis.off('error', note);
  }
}

/** How long a request waits for Redis at most. It works without Redis as well. */
const requestTimeoutMs = 250;

/**
 * Opens a connection for commands, with automatic pipelining. It reconnects by itself, and is closed by `disconnect`.
 *
 * @param timeoutMs how long a command waits for its answer.
 * @throws ReplyError if Redis refuses the password or the database.
 */
export async function openRedis(
  url: string,
  logger: Logger,
  timeoutMs: number = requestTimeoutMs,
): Promise<Redis> {
  const redis = createRedis(url, timeoutMs, logger, { enableAutoPipelining: true });
  // Callers report what a failure means. Without a listener, ioredis prints every attempt.
  redis.on('error', (error) => logger.debug({ error: error.message }, 'Redis'));
  await connectRedis(redis, logger);
  return redis;
}

/** A process's connections for commands. Another one receives messages (events/redis-bus.ts). */
export type RedisConnections = {
  /** For requests: rate limits and cached answers. */
  requests: Redis;
  /** For work in the background: messages and the provider's limits. */
  work: Redis;
};

/** How long background work waits for Redis at most. */
const workTimeoutMs = 1_000;

/** Opens both connections. @param opened closes them. @throws ReplyError if Redis refuses the password or the database. */
export async function openRedisConnections(
  url: string,
  opened: AsyncDisposableStack,
  logger: Logger,
): Promise<RedisConnections> {
  const requests = await openRedis(url, logger);
  opened.defer(() => requests.disconnect());
  const work = await openRedis(url, logger, workTimeoutMs);
  opened.defer(() => work.disconnect());
  return { requests, work };
}
