import { UnclearMigrationError } from './interrupted-migration.ts';

/** The database could not be migrated. The message says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** Turns an SQL error of a migration into MigrationError. Returns other errors, such as lost connections, as they are. */
export function explained(name: string, error: unknown): unknown {
  if (error instanceof UnclearMigrationError) {
    return new MigrationError(
      `The migration ${name} was cut off by an earlier version, and what it left cannot be told: ${error.message}. ` +
        `Undo what it left or do the rest by hand (prisma/migrations/${name}/migration.sql), then run ` +
        `UPDATE _prisma_migrations SET finished_at = now() WHERE migration_name = '${name}' AND finished_at IS NULL; ` +
        'if you did the rest, or DELETE FROM _prisma_migrations with the same WHERE if you undid it.',
      { cause: error },
    );
  }
  if (!(error instanceof Error && 'code' in error && /^(?=.*\d)[\dA-Z]{5}$/.test(String(error.code))))
    return error;
  const cause = /extension/.test(error.message) ? howToGetExtensions : 'Mend the cause';
  return new MigrationError(
    `The migration ${name} failed and changed nothing: ${error.message}. ${cause} and start Pressrun again.`,
    { cause: error },
  );
}

/** The extension is missing on the server, or this database user may not create it. */
const howToGetExtensions =
  "Install PostgreSQL's contrib modules on its server (postgresql-contrib), " +
  'have the owner of the database or a superuser run CREATE EXTENSION pg_trgm; in it,';
