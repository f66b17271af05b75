import { createHash, randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { lastOfSingleStatements, resumeScript, statementsOf } from './interrupted-migration.ts';
import { answerMs, lockTimeoutMs, pauseAfter, shortPause, whenUnlocked } from './waiting.ts';

const migrationsFolder = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

/** The one connection that migrates a database. Failures carry the database's code (SQLSTATE) as `code`. */
export type MigrationConnection = {
  /**
   * Runs a script of any number of statements.
   *
   * @param withinMs rejects where a database over the network has not answered by then; without it, waits for as long as
   * the statements take.
   */
  execute(script: string, withinMs?: number): Promise<unknown>;
  /** Runs one statement, with `$1`, `$2` … for the values. */
  query(text: string, values: readonly unknown[]): Promise<unknown[]>;
};

/** Prisma's own key, so that its command and earlier versions of Pressrun wait for this lock, and this one for theirs. */
const lockKey = 72_707_369;

/** As Prisma makes it, so that `prisma migrate` goes on working. */
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
 * Brings a database to the newest migration. Each migration and its row in Prisma's table are one transaction, so that one that is
 * killed leaves nothing behind; but for those that build indexes beside writers (`isOutsideTransaction`). Of any number of processes one applies all of them, under a lock, and the others wait.
 *
 * @param tell told every few seconds, in one line, that it waits for others.
 * @param names of the migrations that the database is to have; all that there are by default.
 * @returns names of the migrations that this call applied, oldest first; empty when there was nothing to do.
 * @throws MigrationError where a script fails, or others keep the database locked for ten minutes.
 */
export async function applyMigrations(
  connection: MigrationConnection,
  tell: (line: string) => void,
  names?: readonly string[],
): Promise<string[]> {
  const wanted = names ?? (await migrationNames());
  const [first] = await pendingOf(connection, wanted);
  // Without the lock, so that a start with nothing to apply waits for nobody.
  if (first === undefined) return [];
  await whenUnlocked(first, tell, shortPause, () => takeTurn(connection));
  try {
    const pending = await pendingOf(connection, wanted);
    for (const name of pending) await whenUnlocked(name, tell, pauseAfter, () => applyOne(connection, name));
    return pending;
  } finally {
    // A lost connection has freed it already.
    await connection.execute(`SELECT pg_advisory_unlock(${lockKey})`, answerMs).catch(() => undefined);
  }
}

/** Where the SQL of a migration stands. */
export function migrationFile(name: string): string {
  return `${migrationsFolder}/${name}/migration.sql`;
}

/** Names of the migration folders, oldest first. */
export async function migrationNames(): Promise<string[]> {
  const entries = await readdir(migrationsFolder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

async function pendingOf({ query }: MigrationConnection, names: readonly string[]): Promise<string[]> {
  // Asked of the catalogue's rows: to_regclass would answer from a cache that is older than the lock.
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
 * Takes the lock of those who migrate, until it is given back or the connection ends. Fails where somebody else has it: whoever
 * waited inside a statement would hold up an index that is built beside writers.
 */
async function takeTurn({ execute }: MigrationConnection): Promise<void> {
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
 * Whether the statements of a script run one by one, each by itself, as `CREATE INDEX CONCURRENTLY` asks for. A kill leaves the first of them
 * done, and maybe an invalid index: the script runs again as a whole, so it drops what it makes before it makes it.
 */
export function isOutsideTransaction(script: string): boolean {
  return script.startsWith('-- Outside a transaction\n');
}

/** Rolled back where `work` fails, or waits for a lock for too long. */
async function inTransaction({ execute }: MigrationConnection, work: () => Promise<void>): Promise<void> {
  try {
    await execute(`BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}`, answerMs);
    await work();
    await execute('COMMIT');
  } catch (error) {
    // On a lost connection the database rolls it back by itself.
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
