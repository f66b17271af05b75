import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Logger } from '../telemetry/logger.ts';
import { migrate, probe, type Backend } from './backend.ts';
import type { TransientErrors } from './transient-errors.ts';
import { lifeSigns, watchConnections } from './silent-connections.ts';
import { connectionSeconds, createStatementNames } from './statement-names.ts';

/**
 * Connects to PostgreSQL.
 *
 * @param desk is told when a connection is lost.
 */
export async function openPostgres(url: string, desk: TransientErrors, logger: Logger): Promise<Backend> {
  await migratePostgres(url, logger);
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
  return {
    adapter: new PrismaPg(shared, { statementNameGenerator: ({ sql }) => nameOf(sql) ?? '' }),
    bossOptions: {
      ...common,
      max: 4,
      application_name: 'pressrun-jobs',
      notifyHeartbeatIntervalMs: 2_000,
      notifyHeartbeatTimeoutMs: 2_000,
    },
    async query<Row extends object>(
      text: string,
      values: readonly unknown[],
      { isPrepared } = { isPrepared: true },
    ) {
      const name = isPrepared ? (nameOf(text) ?? '') : '';
      const { rows } = await shared.query<Row>({ name, text, values: [...values] });
      return rows;
    },
    probe: async () => {
      await shared.query(probe);
    },
    async close() {
      await shared.end();
      watch.close();
    },
  };
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
 * What reading a page out of order costs, compared to reading in order: hardly more, as it comes from memory or an SSD. By the default (4.0)
 * PostgreSQL takes the walk over an index for so much dearer than it is that it plans pages anew each time, or collects and sorts all rows.
 */
const planning = '-c random_page_cost=1.1';
