import { createHash, randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { lastOfSingleStatements, resumeScript, UnclearMigrationError } from './interrupted-migration.ts';

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

/** The database could not be migrated, and is as it was before the migration. The message says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** Prisma's own key, so that its command and earlier versions of Pressrun wait for this lock, and this one for theirs. */
const lockKey = 72_707_369;

/** How long one attempt waits for a lock. Others queue up behind it meanwhile. */
const lockTimeoutMs = 5_000;

/** What only waits for a lock is answered within this time, unless the database cannot be reached any more. */
const answerMs = lockTimeoutMs + 5_000;

/** How long to wait in all while others keep the database locked. */
const patienceMs = 10 * 60_000;

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
 * Brings a database to the newest migration. Each migration and its row in Prisma's table are one transaction: one that is
 * killed leaves nothing behind. Of any number of processes one applies all of them, under a lock, and the others wait.
 *
 * @param tell told after each attempt, in one line, that it waits for others.
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
  await whenUnlocked(first, tell, noPause, () => takeTurn(connection));
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

/** Takes the lock of those who migrate, until it is given back or the connection ends. */
function takeTurn(connection: MigrationConnection): Promise<void> {
  return inTransaction(connection, async () => {
    await connection.execute(`SELECT pg_advisory_lock(${lockKey})`, answerMs);
  });
}

function applyOne(connection: MigrationConnection, name: string): Promise<void> {
  return inTransaction(connection, () => runScript(connection, name));
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

async function runScript(connection: MigrationConnection, name: string): Promise<void> {
  const { execute, query } = connection;
  const script = await readFile(migrationFile(name), 'utf8');
  await execute(createTable);
  const cutOff = await query(
    `UPDATE _prisma_migrations SET rolled_back_at = now()
     WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL RETURNING id`,
    [name],
  );
  const isResumed = cutOff.length > 0 && name <= lastOfSingleStatements;
  await (isResumed ? resumeScript(connection, script) : execute(script));
  await query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, clock_timestamp(), 1)`,
    [randomUUID(), createHash('sha256').update(script).digest('hex'), name],
  );
}

/**
 * Tries again while the database says that somebody else holds a lock: the attempt before was rolled back as a whole.
 *
 * @param pauseMs how long to wait after an attempt that failed so.
 */
async function whenUnlocked(
  name: string,
  tell: (line: string) => void,
  pauseMs: (error: Locked) => number,
  attempt: () => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const waitedMs = performance.now() - startedAt;
      if (!isLocked(error)) throw explained(name, error);
      if (waitedMs > patienceMs) {
        throw new MigrationError(
          `The migration ${name} waited ten minutes for others that use the database. pg_stat_activity and pg_locks ` +
            'say who they are. Start Pressrun again when they are done.',
        );
      }
      tell(
        `Waiting for others to let go of the database, to apply ${name} (${Math.round(waitedMs / 1000)} s) …`,
      );
      await delay(pauseMs(error));
    }
  }
}

/** Nobody queues up behind what waits for its turn to migrate. */
const noPause = () => 0;

/**
 * Behind an attempt that waited for a table, its readers queued up: they are served before the next one. A deadlock is
 * over with the attempt that was chosen to end it.
 */
function pauseAfter({ code }: Locked): number {
  return code === deadlock ? 1_000 : 3_000 + Math.random() * 3_000;
}

const lockNotAvailable = '55P03';
const deadlock = '40P01';

type Locked = Error & { code: unknown };

function isLocked(error: unknown): error is Locked {
  return (
    error instanceof Error && 'code' in error && (error.code === lockNotAvailable || error.code === deadlock)
  );
}

/** Only what the database itself says of the script; a connection that is lost is told by who opened it. */
function explained(name: string, error: unknown): unknown {
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
  return new MigrationError(
    `The migration ${name} failed and changed nothing: ${error.message}. Mend the cause and start Pressrun again.`,
    { cause: error },
  );
}
