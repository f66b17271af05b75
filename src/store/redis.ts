import { Redis } from 'ioredis';
import type { Logger } from '../telemetry/logger.ts';

/** How long a request waits for its counters at most; whoever asks has another way where Redis is away. */
const patience = {
  connectTimeout: 2_000,
  commandTimeout: 250,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  retryStrategy: (attempt: number) => Math.min(100 * 2 ** attempt, 1_000),
};

/** Opens a connection for counters. It comes back by itself when Redis does. */
export async function openRedis(url: string, logger: Logger): Promise<Redis> {
  const redis = new Redis(url, { ...patience, lazyConnect: true });
  redis.on('error', (error) => logger.debug({ error: error.message }, 'Redis: counters'));
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return redis;
}
