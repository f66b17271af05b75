import type { PrismaPg } from '@prisma/adapter-pg';
import type { PrismaPGlite } from 'pglite-prisma-adapter';
import type { Logger } from '../telemetry/logger.ts';
import type { ConstructorOptions as BossOptions } from 'pg-boss';
import { applyMigrations, type MigrationConnection } from './migrations/migrations.ts';

/** What PostgreSQL and the embedded database do each in their own way. */
export type Backend = {
  adapter: PrismaPg | PrismaPGlite;
  /** How pg-boss reaches the same database. */
  bossOptions: BossOptions;
  /**
   * Runs a statement without Prisma, prepared once a connection: for the few that most requests and every post wait
   * for. Columns of PostgreSQL's own types only; enums are text, a bigint is text or a number.
   *
   * @param text with `$1`, `$2` … for the values.
   * @param options.isPrepared false for a statement that is to be planned each time, for the values that it has.
   */
  query<Row extends object>(
    text: string,
    values: readonly unknown[],
    options?: { isPrepared: boolean },
  ): Promise<Row[]>;
  /** Resolves when the database takes writes and its disk has room, rejects otherwise. Asked at most once a second. */
  probe(): Promise<void>;
  close(): Promise<void>;
};

/** Brings a database to the newest migration. @throws MigrationError */
export async function migrate(connection: MigrationConnection, logger: Logger): Promise<void> {
  const migrations = await applyMigrations(connection, (line) => logger.info(line));
  if (migrations.length > 0) logger.info({ migrations }, 'database migrated');
}

/**
 * One transaction: rows that do not fit into `work_mem` go to a file, so that a full disk is noticed, and one row is
 * written and committed.
 */
export const probe = `
  SET LOCAL work_mem = '64kB';
  SELECT count(*) FROM generate_series(1, 20000);
  INSERT INTO readiness_probes (id, at) VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET at = excluded.at;`;
