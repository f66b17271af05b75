import type { PrismaPg } from '@prisma/adapter-pg';
import type { PrismaPGlite } from 'pglite-prisma-adapter';
import type { Logger } from '../telemetry/logger.ts';
import type { Database } from './database.ts';
import { applyMigrations, type MigrationConnection } from './migrations/migrations.ts';

/** What PostgreSQL and the embedded database do each in their own way. */
export type Backend = Pick<Database, 'bossOptions' | 'query' | 'probe' | 'close'> & {
  adapter: PrismaPg | PrismaPGlite;
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
