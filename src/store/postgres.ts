import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Logger } from '../telemetry/logger.ts';
import { migrate, probe, type Backend } from './backend.ts';
import type { TransientErrors } from './transient-errors.ts';
import { keepaliveOptions, watchConnections } from './silent-connections.ts';
import { connectionSeconds, createStatementNames } from './statement-names.ts';

/**
 * Migrates PostgreSQL and connects to it.
 *
 * @param errors counts lost connections for the log.
 * @throws MigrationError
 */
export async function openPostgres(url: string, errors: TransientErrors, logger: Logger): Promise<Backend> {
  await migratePostgres(url, logger);
  const watch = watchConnections(url, limits.statement_timeout, errors.note);
  const common = {
    ...limits,
    connectionString: url,
    Client: watch.Client,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    maxLifetimeSeconds: connectionSeconds,
    options: keepaliveOptions,
  };
  const shared = new pg.Pool({
    ...common,
    max: 10,
    options: `${keepaliveOptions} ${planning}`,
    application_name: 'pressrun',
  });
  shared.on('error', errors.note);
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
 * Lets the server notice a lost migrator and free its locks: a killed process within 1 s, a lost machine within 11 s, and a
 * frozen process within 30 s.
 */
const migratorTimeouts = [
  'client_connection_check_interval=1000',
  'tcp_keepalives_idle=5',
  'tcp_keepalives_interval=2',
  'tcp_keepalives_count=3',
  'idle_in_transaction_session_timeout=30000',
  'idle_session_timeout=30000',
];

/** Migrates on a separate connection without a statement timeout. */
async function migratePostgres(url: string, logger: Logger): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    application_name: 'pressrun-migrations',
    options: migratorTimeouts.map((setting) => `-c ${setting}`).join(' '),
  });
  // Without a listener the error would end the process. Pending queries reject by themselves.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await migrate(
      {
        execute(text, withinMs) {
          if (withinMs === undefined) return client.query(text);
          // pg supports a timeout for each query, but its types do not.
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
 * Timeouts of connections, in ms. The longest statement updates the posts of a campaign (services/campaigns/campaigns.ts).
 * Migrations use another connection.
 */
const limits = {
  connectionTimeoutMillis: 5_000,
  statement_timeout: 60_000,
  /** Less than a transaction's 10 s, so that the error names the lock. */
  lock_timeout: 8_000,
  /** A process that freezes inside a transaction must not keep its locks. */
  idle_in_transaction_session_timeout: 10_000,
};

/**
 * Random reads cost hardly more than sequential ones in memory or on an SSD. With the default (4.0) PostgreSQL overrates
 * index scans: it plans each page again, or sorts all rows.
 */
const planning = '-c random_page_cost=1.1';
