import type { PrismaPg } from '@prisma/adapter-pg';
import type { PrismaPGlite } from 'pglite-prisma-adapter';
import type { Logger } from '../telemetry/logger.ts';
import type { ConstructorOptions as BossOptions } from 'pg-boss';
import { applyMigrations, type MigrationConnection } from './migrations/migrations.ts';

/** What differs between PostgreSQL and the embedded database. */
export type Backend = {
  adapter: PrismaPg | PrismaPGlite;
  /** How pg-boss reaches the same database. */
  bossOptions: BossOptions;
  /**
   * Runs a statement without Prisma, prepared once for each connection. For the few statements that must be fast. Only for
   * columns of built-in types: enums are returned as text, a bigint as text or number.
   *
   * @param text with `$1`, `$2` … for the values.
   * @param options.isPrepared false for a statement whose plan depends on its values.
   */
  query<Row extends object>(
    text: string,
    values: readonly unknown[],
    options?: { isPrepared: boolean },
  ): Promise<Row[]>;
  /** Resolves if the database takes writes and its disk has room, rejects otherwise. Runs at most once a second. */
  probe(): Promise<void>;
  close(): Promise<void>;
};

/** Brings a database to the newest migration. @throws MigrationError */
export async function migrate(connection: MigrationConnection, logger: Logger): Promise<void> {
  const migrations = await applyMigrations(connection, (line) => logger.info(line));
  if (migrations.length > 0) logger.info({ migrations }, 'database migrated');
}

/**
 * Reads more rows than fit into `work_mem`, so that a full disk is noticed, and writes one row.
 */
export const probe = `
  SET LOCAL work_mem = '64kB';
  SELECT count(*) FROM generate_series(1, 20000);
  INSERT INTO readiness_probes (id, at) VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET at = excluded.at;`;
