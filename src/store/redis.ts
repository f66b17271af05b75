import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../telemetry/logger.ts';

/** A connection that has asked something and heard nothing for so long is made anew: nobody tells of a silent one. */
const silenceMs = 3_000;

/**
 * Options of every connection of ours. Without them ioredis waits for minutes on a refused server and for ever
 * on a hung one.
 *
 * @param patienceMs how long a command waits for its answer.
 */
export function redisOptions(patienceMs: number) {
  return {
    lazyConnect: true,
    connectTimeout: 2_000,
    commandTimeout: patienceMs,
    socketTimeout: silenceMs,
    keepAlive: 5_000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt: number) => Math.min(100 * 2 ** attempt, 1_000),
  } satisfies RedisOptions;
}

/**
 * Connects for the first time. Where Redis cannot be reached, it is tried again every second, as when it goes away later.
 *
 * @throws ReplyError where Redis answers and refuses, such as for a wrong password or a database that it does not have.
 */
export async function connectRedis(redis: Redis, logger: Logger): Promise<void> {
  try {
    await redis.connect();
    await selectOwn(redis);
  } catch (error) {
    if (error instanceof Error && error.name !== 'ReplyError') {
      logger.warn({ error: error.message }, 'Redis cannot be reached; going on without it until it can');
      return;
    }
    redis.disconnect();
    throw error;
  }
}

/** How long a request waits for its counters at most; whoever asks has another way where Redis is away. */
const counterPatienceMs = 250;

/** Opens a connection for counters. It comes back by itself when Redis does. Rejects where the database of `url` does not exist. */
export async function openRedis(url: string, logger: Logger): Promise<Redis> {
  const redis = new Redis(url, redisOptions(counterPatienceMs));
  redis.on('error', (error) => logger.debug({ error: error.message }, 'Redis: counters'));
  await connectRedis(redis, logger);
  return redis;
}

/** Selects the database of the connection's address again: on connecting, ioredis goes on with number 0 where there is none. */
export async function selectOwn(redis: Redis): Promise<void> {
  await redis.select(redis.options.db ?? 0);
}
