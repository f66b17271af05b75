import { Redis } from 'ioredis';
import type { Logger } from '../telemetry/logger.ts';

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
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt: number) => Math.min(100 * 2 ** attempt, 1_000),
  };
}

/** How long a request waits for its counters at most; whoever asks has another way where Redis is away. */
const counterPatienceMs = 250;

/** Opens a connection for counters. It comes back by itself when Redis does. Rejects where the database of `url` does not exist. */
export async function openRedis(url: string, logger: Logger): Promise<Redis> {
  const redis = new Redis(url, redisOptions(counterPatienceMs));
  redis.on('error', (error) => logger.debug({ error: error.message }, 'Redis: counters'));
  try {
    await redis.connect();
    await selectOwn(redis);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return redis;
}

/** Selects the database of the connection's address again: on connecting, ioredis goes on with number 0 where there is none. */
export async function selectOwn(redis: Redis): Promise<void> {
  await redis.select(redis.options.db ?? 0);
}
