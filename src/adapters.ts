import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { openCache, ttlMs, type Cache } from './cache/cache.ts';
import type { Config } from './config/config.ts';
import { createLocalBus, type Bus } from './events/bus.ts';
import { answerCodec, type CachedAnswer } from './http/fast-path/cached-answers.ts';
import type { RedisConnections } from './store/redis.ts';
import type { Logger } from './telemetry/logger.ts';

/** Opens the connections to Redis. @returns undefined in a single process without Redis. @throws ReplyError if Redis refuses. */
export async function openRedis(
  { redisUrl }: Config,
  opened: AsyncDisposableStack,
  logger: Logger,
): Promise<RedisConnections | undefined> {
  if (redisUrl === undefined) return undefined;
  const { openRedisConnections } = await import('./store/redis.ts');
  return openRedisConnections(redisUrl, opened, logger);
}

/** Opens the bus: on Redis if it is configured, else within this process. */
export async function openBus(
  { redisUrl }: Config,
  redis: RedisConnections | undefined,
  logger: Logger,
): Promise<Bus> {
  if (redisUrl === undefined) return createLocalBus();
  const { createRedisBus } = await import('./events/redis-bus.ts');
  return createRedisBus(redisUrl, logger, redis?.work);
}

/** Opens the cache of answers. @returns undefined if it is switched off. */
export async function openAnswerCache(
  config: Config,
  bus: Bus,
  redis: RedisConnections | undefined,
): Promise<Cache<CachedAnswer> | undefined> {
  if (config.cache === undefined) return undefined;
  const settings = { ...config.cache, codec: answerCodec };
  if (redis === undefined) return openCache(settings, { bus, redis });
  const { createRedisLevel } = await import('./cache/redis-level.ts');
  return openCache(settings, { bus, redis: createRedisLevel(redis.requests, ttlMs) });
}

/** Returns the configured secrets of access tokens, or else one that is kept in the data directory, so that logins survive a restart. */
export async function tokenSecrets(config: Config, logger: Logger): Promise<Uint8Array[]> {
  const { secrets } = config.accessTokens;
  if (secrets.length > 0) return secrets.map((secret) => new TextEncoder().encode(secret));
  const file = `${config.dataDir}/token-secret`;
  const whole = `${file}.${randomUUID()}`;
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  // Written whole and then linked, so that a kill leaves no half-written secret, and an existing one is kept.
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
