import { constants } from 'node:fs';
import { access, mkdir, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { isOwnName } from '../store/embedded/data-directory.ts';

/** A service or folder from the settings cannot be used. The message says why, and what to check. */
export class UnusableError extends Error {
  override readonly name = 'UnusableError';
}

/** How long a service may take to accept a connection. */
const timeoutMs = 2_000;

/**
 * Looks for the cause of a failed start: tries the data directory and each configured service. The error of the start itself
 * often says too little, such as "Connection is closed."
 *
 * @returns undefined if all of them can be used.
 */
export async function findUnusable(config: Config): Promise<UnusableError | undefined> {
  const { dataDir, databaseUrl, redisUrl } = config;
  const [data, postgres, redis] = await Promise.all([
    faultOf(tryFolder(dataDir)),
    databaseUrl === undefined ? undefined : faultOf(tryPostgres(databaseUrl)),
    redisUrl === undefined ? undefined : faultOf(tryRedis(redisUrl)),
  ]);
  if (databaseUrl !== undefined && postgres !== undefined) {
    return unusableService('PostgreSQL', 'DATABASE_URL', databaseUrl, postgres);
  }
  if (redisUrl !== undefined && redis !== undefined) {
    return unusableService('Redis', 'REDIS_URL', redisUrl, redis);
  }
  if (data !== undefined) {
    return new UnusableError(
      `The data directory cannot be used: ${data}. Check that DATA_DIR is right, and belongs to the account that runs Pressrun.`,
    );
  }
  return undefined;
}

/** @param url may contain a password: only its host is shown. */
function unusableService(name: string, setting: string, url: string, fault: string): UnusableError {
  return new UnusableError(
    `${name} at ${new URL(url).host} cannot be used: ${fault}. ` +
      `Check that it runs, that it can be reached from here, and that ${setting} is right.`,
  );
}

/** Size of a new embedded database, in bytes. */
const roomNeeded = 32 * 1024 * 1024;

async function tryFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await access(path, constants.W_OK);
  // Other entries, such as lost+found, do not belong to Pressrun.
  for (const name of (await readdir(path)).filter(isOwnName)) {
    await access(join(path, name), constants.R_OK | constants.W_OK);
  }
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize < roomNeeded) {
    throw new Error(`the disk is full (${Math.floor((bavail * bsize) / 2 ** 20)} MB are free)`);
  }
}

async function tryPostgres(url: string): Promise<void> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: url, connectionTimeoutMillis: timeoutMs });
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
}

async function tryRedis(url: string): Promise<void> {
  const { Redis } = await import('ioredis');
  const bounded = { connectTimeout: timeoutMs, commandTimeout: timeoutMs, maxRetriesPerRequest: 0 };
  const client = new Redis(url, { ...bounded, lazyConnect: true, retryStrategy: () => null });
  const failed = new Promise<never>((_resolve, reject) => client.on('error', reject));
  try {
    // For a database that does not exist, `connect` may not reject, but 'error' fires.
    await Promise.race([failed, client.connect()]);
  } finally {
    client.disconnect();
  }
}

function faultOf(attempt: Promise<void>): Promise<string | undefined> {
  return attempt.then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof Error)) return String(error);
      // A name with several addresses fails with an AggregateError, which has a code and no message.
      return error.message === '' && 'code' in error ? String(error.code) : error.message;
    },
  );
}
