import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { PrismaPGlite } from 'pglite-prisma-adapter';
import type { ConstructorOptions as BossOptions } from 'pg-boss';
import { z } from 'zod';
import type { Logger } from '../telemetry/logger.ts';
import { PrismaClient, type Prisma } from './generated/prisma/client.ts';
import { applyMigrations, type MigrationConnection } from './migrations/migrations.ts';
import { createTroubleDesk, type TroubleDesk } from './passing-trouble.ts';
import { lifeSigns, watchConnections } from './silent-connections.ts';
import { connectionSeconds, createStatementNames } from './statements.ts';

export type Transaction = Prisma.TransactionClient;

export type Database = {
  prisma: PrismaClient;
  /** How pg-boss reaches the same database. */
  bossOptions: BossOptions;
  /**
   * Runs `work` in one transaction, and anew where the database chose it to end a deadlock: so it changes nothing
   * but through `tx`. Inside it, wait for nothing but `tx`: embedded, there is one connection.
   *
   * @param timeoutMs after which it is rolled back; 10 s by default.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, timeoutMs?: number): Promise<T>;
  /**
   * Runs a statement without Prisma, prepared once a connection: for the few that most requests and every post wait
   * for. Columns of PostgreSQL's own types only; enums are text, a bigint is text or a number.
   *
   * @param text with `$1`, `$2` … for the values.
   */
  query<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** Resolves when the database takes writes and its disk has room, rejects otherwise. Asked at most once a second. */
  probe(): Promise<void>;
  close(): Promise<void>;
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
  return settings.databaseUrl === undefined
    ? openPglite(settings.dataDir, logger)
    : openPostgres(settings.databaseUrl, logger);
}

async function openPostgres(url: string, logger: Logger): Promise<Database> {
  await migratePostgres(url, logger);
  const desk = createTroubleDesk(logger);
  const watch = watchConnections(url, limits.statement_timeout, desk.note);
  const common = {
    ...limits,
    connectionString: url,
    Client: watch.Client,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    maxLifetimeSeconds: connectionSeconds,
    options: lifeSigns,
  };
  const shared = new pg.Pool({
    ...common,
    max: 10,
    options: `${lifeSigns} ${planning}`,
    application_name: 'pressrun',
  });
  shared.on('error', desk.note);
  const nameOf = createStatementNames();
  const close = async () => {
    await shared.end();
    watch.close();
  };
  try {
    return createDatabase(
      new PrismaPg(shared, { statementNameGenerator: ({ sql }) => nameOf(sql) ?? '' }),
      desk,
      {
        bossOptions: {
          ...common,
          max: 4,
          application_name: 'pressrun-jobs',
          notifyHeartbeatIntervalMs: 2_000,
          notifyHeartbeatTimeoutMs: 2_000,
        },
        async query<Row extends object>(text: string, values: readonly unknown[]) {
          const { rows } = await shared.query<Row>({
            name: nameOf(text) ?? '',
            text,
            values: [...values],
          });
          return rows;
        },
        probe: async () => {
          await shared.query(probe);
        },
        close,
      },
    );
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * For a server that has lost its client: of a process that was killed it notices within a second, of one whose machine is
 * gone within 11 s, and of one that is frozen within half a minute. It frees the locks then.
 */
const migratorLife = [
  'client_connection_check_interval=1000',
  'tcp_keepalives_idle=5',
  'tcp_keepalives_interval=2',
  'tcp_keepalives_count=3',
  'idle_in_transaction_session_timeout=30000',
  'idle_session_timeout=30000',
];

/** On a connection of its own, whose statements take as long as they need. */
async function migratePostgres(url: string, logger: Logger): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    application_name: 'pressrun-migrations',
    options: migratorLife.map((setting) => `-c ${setting}`).join(' '),
  });
  // What waits for it is rejected anyway.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await migrate(
      {
        execute(text, withinMs) {
          if (withinMs === undefined) return client.query(text);
          // The types of pg leave out that a statement may have a timeout of its own.
          const statement = { text, query_timeout: withinMs };
          return client.query(statement);
        },
        query: async (text, values) => (await client.query(text, [...values])).rows,
      },
      logger,
    );
  } finally {
    await client.end();
  }
}

async function migrate(connection: MigrationConnection, logger: Logger): Promise<void> {
  const migrations = await applyMigrations(connection, (line) => logger.info(line));
  if (migrations.length > 0) logger.info({ migrations }, 'database migrated');
}

/**
 * What a connection may be waited for, and what it may wait for, in ms. The longest statement there is rewrites the
 * posts of a campaign in 60 s; migrations have connections of their own, without limits.
 */
const limits = {
  connectionTimeoutMillis: 5_000,
  statement_timeout: 60_000,
  /** Less than a transaction's 10 s, so that the reason is told. */
  lock_timeout: 8_000,
  // A process that freezes inside a transaction must not keep its batch's lock until it wakes.
  idle_in_transaction_session_timeout: 10_000,
};

/**
 * Statements are planned once for all values, and walk an index in its order. Left to itself, PostgreSQL plans a page anew each time, for more than
 * it costs to read, wherever one campaign has many more rows than others; and of a campaign like the average it would rather
 * collect all rows and sort them, which are few there and hundreds of thousands elsewhere.
 */
const planning = '-c plan_cache_mode=force_generic_plan -c enable_bitmapscan=off';

/**
 * One transaction: rows that do not fit into `work_mem` go to a file, so that a full disk is noticed, and one row is
 * written and committed.
 */
const probe = `
  SET LOCAL work_mem = '64kB';
  SELECT count(*) FROM generate_series(1, 20000);
  INSERT INTO readiness_probes (id, at) VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET at = excluded.at;`;

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

const { TIMESTAMPTZ } = pg.types.builtins;

async function openPglite(dataDir: string, logger: Logger): Promise<Database> {
  // Not loaded where PostgreSQL is set: it is large.
  const [{ openEmbedded }, { PrismaPGlite }, { fromPglite }] = await Promise.all([
    import('./embedded/embedded.ts'),
    import('pglite-prisma-adapter'),
    import('pg-boss'),
  ]);
  const embedded = await openEmbedded(dataDir, (line) => logger.info(line));
  const { pglite } = embedded;
  try {
    await migrate(
      {
        execute: (script) => pglite.exec(script),
        query: async (text, values) => (await pglite.query(text, [...values])).rows,
      },
      logger,
    );
    return createDatabase(new PrismaPGlite(pglite), createTroubleDesk(logger), {
      bossOptions: { db: fromPglite(pglite), backend: 'pglite' },
      async query<Row extends object>(text: string, values: readonly unknown[]) {
        // By itself it takes the year 99 for 1999.
        const parsers = { [TIMESTAMPTZ]: pg.types.getTypeParser(TIMESTAMPTZ, 'text') };
        const { rows } = await pglite.query<Row>(text, [...values], { parsers });
        return rows;
      },
      probe: async () => {
        await embedded.pglite.exec(probe);
      },
      close: () => embedded.close(),
    });
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

function createDatabase(
  adapter: PrismaPg | PrismaPGlite,
  desk: TroubleDesk,
  backend: Pick<Database, 'bossOptions' | 'query' | 'probe' | 'close'>,
): Database {
  const prisma = clientSchema.parse(
    new PrismaClient({ adapter }).$extends({
      query: { $allOperations: ({ args, query }) => desk.once(() => query(args)) },
    }),
  );
  return {
    prisma,
    bossOptions: backend.bossOptions,
    transaction: (work, timeoutMs = 10_000) =>
      desk.attempt(() => prisma.$transaction(work, { maxWait: 10_000, timeout: timeoutMs })),
    query: (text, values) => desk.attempt(() => backend.query(text, values)),
    probe: atMostEvery(probeEveryMs, () => desk.once(backend.probe)),
    async close() {
      await prisma.$disconnect();
      await backend.close();
    },
  };
}

/** An extension of queries alone changes nothing of the client's type but that it takes away `$on`. */
const clientSchema = z.custom<PrismaClient>((client) => typeof Object(client).$transaction === 'function');
