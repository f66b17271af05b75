import type { TestProject } from 'vitest/node';
import { ensureInstalled } from './ensure-installed.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The run's Postgres server; take a database of your own from `createDatabase(inject('postgresUrl'))`. */
    postgresUrl: string;
    /** The run's Redis server. All tests share it: use keys and channels of your own, never flush it. */
    redisUrl: string;
  }
}

/** Vitest's global set-up: one Postgres and one Redis for the whole run, ended when the run ends. */
export default async function setup(project: Pick<TestProject, 'provide'>): Promise<() => Promise<void>> {
  // Both in one go, so that a new machine asks its package manager once.
  await ensureInstalled(['postgresql', 'redis-server']);
  await using started = new AsyncDisposableStack();
  const postgres = started.use(await startPostgres());
  const redis = started.use(await startRedis());
  project.provide('postgresUrl', postgres.url);
  project.provide('redisUrl', redis.url);
  const running = started.move();
  return () => running.disposeAsync();
}
