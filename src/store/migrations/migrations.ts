import { createHash, randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { lastOfSingleStatements, resumeScript, statementsOf } from './interrupted-migration.ts';
import { answerMs, lockTimeoutMs, pauseAfter, shortPause, whenUnlocked } from './waiting.ts';

const migrationsFolder = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

/** The connection that migrates a database. Its errors have the SQLSTATE as `code`. */
export type MigrationConnection = {
  /**
   * Runs a script of any number of statements.
   *
   * @param withinMs rejects if the server has not answered by then; undefined: waits without a limit. The embedded database
   * ignores it.
   */
  execute(script: string, withinMs?: number): Promise<unknown>;
  /** Runs one statement, with `$1`, `$2` … for the values. */
  query(text: string, values: readonly unknown[]): Promise<unknown[]>;
};

/** The key that Prisma's own command and earlier versions of Pressrun use, so that all wait for each other. */
const lockKey = 72_707_369;

/** As Prisma creates it, so that `prisma migrate` keeps working. */
const createTable = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id                  VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum            VARCHAR(64) NOT NULL,
  finished_at         TIMESTAMPTZ,
  migration_name      VARCHAR(255) NOT NULL,
  logs                TEXT,
  rolled_back_at      TIMESTAMPTZ,
  started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

/**
 * Brings a database to the newest migration. Each migration and its row in Prisma's table are one transaction, except those
 * that `isOutsideTransaction`. A lock makes one process apply all migrations while others wait.
 *
 * @param tell gets a line every few seconds while it waits for others.
 * @param names the migrations that the database is to have; all by default.
 * @returns names of the applied migrations, oldest first; empty if there was nothing to do.
 * @throws MigrationError if a script fails, or others keep the database locked for ten minutes.
 */
export async function applyMigrations(
  connection: MigrationConnection,
  tell: (line: string) => void,
  names?: readonly string[],
): Promise<string[]> {
  const wanted = names ?? (await migrationNames());
  const [first] = await pendingOf(connection, wanted);
  // Checked without the lock first, so that a start with nothing to apply does not wait.
  if (first === undefined) return [];
  await whenUnlocked(first, tell, shortPause, () => takeLock(connection));
  try {
    const pending = await pendingOf(connection, wanted);
    for (const name of pending) await whenUnlocked(name, tell, pauseAfter, () => applyOne(connection, name));
    return pending;
  } finally {
    // A lost connection has released it already.
    await connection.execute(`SELECT pg_advisory_unlock(${lockKey})`, answerMs).catch(() => undefined);
  }
}

/** @returns the path of a migration's SQL. */
export function migrationFile(name: string): string {
  return `${migrationsFolder}/${name}/migration.sql`;
}

/** @returns names of all migrations, oldest first. */
export async function migrationNames(): Promise<string[]> {
  const entries = await readdir(migrationsFolder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

async function pendingOf({ query }: MigrationConnection, names: readonly string[]): Promise<string[]> {
  // Not by to_regclass, which may use a cache that is older than the lock.
  const tables = await query(
    `SELECT 1 FROM pg_catalog.pg_tables WHERE tablename = '_prisma_migrations' AND schemaname = ANY (current_schemas(false))`,
    [],
  );
  if (tables.length === 0) return [...names];
  const rows = await query(
    'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    [],
  );
  const done = new Set(rows.map((row) => z.object({ name: z.string() }).parse(row).name));
  return names.filter((name) => !done.has(name));
}

/**
 * Takes the migration lock until it is released or the connection ends. Fails if another process has it, instead of waiting
 * inside a statement, which would hold up CREATE INDEX CONCURRENTLY.
 */
async function takeLock({ execute }: MigrationConnection): Promise<void> {
  await execute(
    `DO $$ BEGIN
       IF NOT pg_try_advisory_lock(${lockKey}) THEN RAISE 'somebody else migrates' USING ERRCODE = 'lock_not_available'; END IF;
     END $$`,
    answerMs,
  );
}

async function applyOne(connection: MigrationConnection, name: string): Promise<void> {
  const script = await readFile(migrationFile(name), 'utf8');
  if (!isOutsideTransaction(script))
    return inTransaction(connection, () => runScript(connection, name, script));
  for (const statement of statementsOf(script)) await connection.execute(statement);
  await recordApplied(connection, name, script);
}

/**
 * Whether a script runs outside a transaction, statement by statement, as `CREATE INDEX CONCURRENTLY` requires. After a kill
 * the whole script runs again, so it has to drop what it creates first.
 */
export function isOutsideTransaction(script: string): boolean {
  return script.startsWith('-- Outside a transaction\n');
}

/** Runs `work` in a transaction. Rolls back if it fails or waits too long for a lock. */
async function inTransaction({ execute }: MigrationConnection, work: () => Promise<void>): Promise<void> {
  try {
    await execute(`BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}`, answerMs);
    await work();
    await execute('COMMIT');
  } catch (error) {
    // After a lost connection the database rolls back by itself.
    await execute('ROLLBACK', answerMs).catch(() => undefined);
    throw error;
  }
}

async function runScript(connection: MigrationConnection, name: string, script: string): Promise<void> {
  const { execute, query } = connection;
  await execute(createTable);
  const cutOff = await query(
    `UPDATE _prisma_migrations SET rolled_back_at = now()
     WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL RETURNING id`,
    [name],
  );
  const isResumed = cutOff.length > 0 && name <= lastOfSingleStatements;
  await (isResumed ? resumeScript(connection, script) : execute(script));
  await recordApplied(connection, name, script);
}

async function recordApplied({ query }: MigrationConnection, name: string, script: string): Promise<void> {
  await query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, clock_timestamp(), 1)`,
    [randomUUID(), createHash('sha256').update(script).digest('hex'), name],
  );
}
