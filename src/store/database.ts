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
   * Runs `work` in one transaction, and anew where the database chose it to end a deadlock: so it changes nothing
   * but through `tx`. Inside it, wait for nothing but `tx`: embedded, there is one connection.
   *
   * @param timeoutMs after which it is rolled back; 10 s by default.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, timeoutMs?: number): Promise<T>;
};

/**
 * Opens the database and brings it to the newest migration.
 *
 * @param settings.databaseUrl PostgreSQL's address; undefined: embedded under `dataDir`.
 */
export async function openDatabase(
  settings: { databaseUrl: string | undefined; dataDir: string },
  logger: Logger,
): Promise<Database> {
  const desk = createTransientErrors(logger);
  if (settings.databaseUrl !== undefined)
    return createDatabase(await openPostgres(settings.databaseUrl, desk, logger), desk);
  // Not loaded where PostgreSQL is set: it is large.
  const { openEmbeddedBackend } = await import('./embedded/backend.ts');
  return createDatabase(await openEmbeddedBackend(settings.dataDir, logger), desk);
}

const probeEveryMs = 1_000;

/** All who ask while `work` runs, and for `ms` after its begin, get the same answer. */
function atMostEvery(ms: number, work: () => Promise<void>): () => Promise<void> {
  let begunAt = Number.NEGATIVE_INFINITY;
  let isRunning = false;
  let last = Promise.resolve();
  return () => {
    if (isRunning || performance.now() - begunAt < ms) return last;
    begunAt = performance.now();
    isRunning = true;
    last = work().finally(() => (isRunning = false));
    return last;
  };
}

function createDatabase(backend: Backend, desk: TransientErrors): Database {
  const prisma = clientSchema.parse(
    new PrismaClient({ adapter: backend.adapter }).$extends({
      query: { $allOperations: ({ args, query }) => desk.once(() => query(args)) },
    }),
  );
  return {
    prisma,
    bossOptions: backend.bossOptions,
    transaction: (work, timeoutMs = 10_000) =>
      desk.attempt(() => prisma.$transaction(work, { maxWait: 10_000, timeout: timeoutMs })),
    query: (text, values, options) => desk.attempt(() => backend.query(text, values, options)),
    probe: atMostEvery(probeEveryMs, () => desk.once(backend.probe)),
    async close() {
      await prisma.$disconnect();
      await backend.close();
    },
  };
}

/** An extension of queries alone changes nothing of the client's type but that it takes away `$on`. */
const clientSchema = z.custom<PrismaClient>((client) => typeof Object(client).$transaction === 'function');
