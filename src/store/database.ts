import { z } from 'zod';
import type { Logger } from '../telemetry/logger.ts';
import type { Backend } from './backend.ts';
import { PrismaClient, type Prisma } from './generated/prisma/client.ts';
import { createTransientErrors, type TransientErrors } from './transient-errors.ts';
import { openPostgres } from './postgres.ts';

export type Transaction = Prisma.TransactionClient;

export type Database = Omit<Backend, 'adapter'> & {
  prisma: PrismaClient;
  /**
   * Runs `work` in one transaction, and again after a deadlock, so `work` must have no other effects. It must wait only for
   * `tx`: the embedded database has a single connection.
   *
   * @param timeoutMs after this time the transaction is rolled back; 10 s by default.
   * @throws ServiceUnavailableError for an error that may pass, and whatever `work` throws.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, timeoutMs?: number): Promise<T>;
};

/**
 * Opens the database and brings it to the newest migration.
 *
 * @param settings.databaseUrl PostgreSQL's address; undefined: the embedded database under `dataDir`.
 * @throws MigrationError, DataDirectoryInUseError
 */
export async function openDatabase(
  settings: { databaseUrl: string | undefined; dataDir: string },
  logger: Logger,
): Promise<Database> {
  const errors = createTransientErrors(logger);
  if (settings.databaseUrl !== undefined)
    return createDatabase(await openPostgres(settings.databaseUrl, errors, logger), errors);
  // Loaded only when needed, because it is large.
  const { openEmbeddedBackend } = await import('./embedded/backend.ts');
  return createDatabase(await openEmbeddedBackend(settings.dataDir, logger), errors);
}

const probeEveryMs = 1_000;

/** Calls while `work` runs, and until `ms` milliseconds after its start, share one result. */
function atMostEvery(ms: number, work: () => Promise<void>): () => Promise<void> {
  let startedAt = Number.NEGATIVE_INFINITY;
  let isRunning = false;
  let last = Promise.resolve();
  return () => {
    if (isRunning || performance.now() - startedAt < ms) return last;
    startedAt = performance.now();
    isRunning = true;
    last = work().finally(() => (isRunning = false));
    return last;
  };
}

function createDatabase(backend: Backend, errors: TransientErrors): Database {
  const prisma = clientSchema.parse(
    new PrismaClient({ adapter: backend.adapter }).$extends({
      query: { $allOperations: ({ args, query }) => errors.once(() => query(args)) },
    }),
  );
  return {
    prisma,
    bossOptions: backend.bossOptions,
    transaction: (work, timeoutMs = 10_000) =>
      errors.attempt(() => prisma.$transaction(work, { maxWait: 10_000, timeout: timeoutMs })),
    query: (text, values, options) => errors.attempt(() => backend.query(text, values, options)),
    probe: atMostEvery(probeEveryMs, () => errors.once(backend.probe)),
    async close() {
      await prisma.$disconnect();
      await backend.close();
    },
  };
}

/** The extended client has the type of a client, but for `$on`, which is not used. */
const clientSchema = z.custom<PrismaClient>((client) => typeof Object(client).$transaction === 'function');
