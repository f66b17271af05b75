import { Redis, type RedisOptions } from 'ioredis';
import { z } from 'zod';
import type { Logger } from '../telemetry/logger.ts';

/** A connection that has asked something and heard nothing for so long is made anew: nobody tells of a silent one. */
const silenceMs = 3_000;

/**
 * A connection to Redis, not opened yet. It comes back by itself. Where Redis refuses to select the database of `url`, it is
 * closed and opened anew: by itself, ioredis would go on with number 0.
 *
 * Without these options ioredis waits for minutes on a refused server and for ever on a hung one.
 *
 * @param patienceMs how long a command waits for its answer.
 */
export function createRedis(
  url: string,
  patienceMs: number,
  logger: Logger,
  options: Pick<RedisOptions, 'enableAutoPipelining' | 'autoResubscribe'> = {},
): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    commandTimeout: patienceMs,
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
    // Before it is ready, so that nothing is written to number 0.
    redis.stream.destroy();
  });
  return redis;
}

const refusedSelectSchema = z.object({
  name: z.literal('ReplyError'),
  command: z.object({ name: z.literal('select') }),
});

/** What Redis says where a setting of ours is wrong, or its own. All else, such as too many clients, may pass. */
const lastingRefusal = /^(WRONGPASS|NOAUTH|NOPERM|ERR (invalid )?DB index)/;

/**
 * Connects for the first time. Where Redis cannot be reached, it is tried again every second, as when it goes away later.
 *
 * @throws ReplyError where Redis answers and refuses, such as for a wrong password or a database that it does not have.
 */
export async function connectRedis(redis: Redis, logger: Logger): Promise<void> {
  const refusals: Error[] = [];
  const note = (error: Error) => lastingRefusal.test(error.message) && refusals.push(error);
  redis.on('error', note);
  try {
    await redis.connect();
  } catch (error) {
    // Of a refusal, `connect` itself may say no more than that the connection was closed.
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

/** How long a request waits for Redis at most; whoever asks has another way while Redis is away. */
const requestPatienceMs = 250;

/**
 * Opens a connection for commands, which leave together when they are asked in one go. It comes back by itself when Redis
 * does, and is closed by `disconnect`.
 *
 * @param patienceMs how long a command waits for its answer.
 * @throws ReplyError when the database of `url` does not exist.
 */
export async function openRedis(
  url: string,
  logger: Logger,
  patienceMs: number = requestPatienceMs,
): Promise<Redis> {
  const redis = createRedis(url, patienceMs, logger, { enableAutoPipelining: true });
  // Those who ask say what it means; without a listener ioredis writes every attempt to the console.
  redis.on('error', (error) => logger.debug({ error: error.message }, 'Redis'));
  await connectRedis(redis, logger);
  return redis;
}

/** What one process has open for commands; a third connection listens to messages (events/redis-bus.ts). */
export type RedisConnections = {
  /** For what a request waits for: counters of rate limits, and kept answers. */
  requests: Redis;
  /** For what nobody waits for: messages, and permits of the provider's limits. */
  work: Redis;
};

/** How long work waits for Redis at most. */
const workPatienceMs = 1_000;

/** @throws ReplyError when the database of `url` does not exist. */
export async function openRedisConnections(
  url: string,
  opened: AsyncDisposableStack,
  logger: Logger,
): Promise<RedisConnections> {
  const requests = await openRedis(url, logger);
  opened.defer(() => requests.disconnect());
  const work = await openRedis(url, logger, workPatienceMs);
  opened.defer(() => work.disconnect());
  return { requests, work };
}
