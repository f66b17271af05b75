import { Client, Pool } from 'pg';
import { expect, inject, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '../../../src/store/database.ts';
import { watchConnections } from '../../../src/store/silent-connections.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createDatabase, withPostgres } from '../../support/services/postgres-client.ts';
import { startPostgres } from '../../support/services/postgres.ts';
import { startStallingProxy } from '../../support/services/stalling-proxy.ts';

/** A pool of watched connections, as the database has. */
function openPool(url: string, statementMs: number) {
  const ended: string[] = [];
  const watch = watchConnections(url, statementMs, ({ message }) => ended.push(message));
  const pool = new Pool({ connectionString: url, Client: watch.Client, statement_timeout: statementMs });
  pool.on('error', () => undefined);
  onTestFinished(() => {
    watch.close();
    return pool.end();
  });
  return { pool, ended };
}

it('with all connections of the server taken, one that went silent is ended when no statement may take that long', async () => {
  await using postgres = await startPostgres({ settings: { max_connections: 10 } });
  await using proxy = await startStallingProxy(postgres.port);
  const { pool, ended } = openPool(proxy.through(postgres.url), 5_000);
  await pool.query('SELECT 1');
  const others: Client[] = [];
  onTestFinished(() => Promise.all(others.map((client) => client.end())).then(() => undefined));
  for (let isIn = true; isIn;) {
    const client = new Client({ connectionString: postgres.url });
    client.on('error', () => undefined);
    isIn = await client.connect().then(
      () => true,
      () => false,
    );
    if (isIn) others.push(client);
  }
  proxy.stall();
  await expect(pool.query('SELECT 1')).rejects.toThrow('The connection went silent');
  expect(ended).toEqual(['The connection went silent']);
});

it('with all connections of the server taken, a statement may take as long as any may', async () => {
  await using postgres = await startPostgres({ settings: { max_connections: 5 } });
  const { pool, ended } = openPool(postgres.url, 30_000);
  const answers = await Promise.allSettled(
    Array.from({ length: 10 }, () => pool.query('SELECT pg_sleep(8)')),
  );
  expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true);
  expect(ended).toEqual([]);
});

it('while one statement takes long, the server is asked every few seconds, not all the time', async () => {
  const url = await createDatabase(inject('postgresUrl'));
  const { pool, ended } = openPool(url, 60_000);
  const sessions = () =>
    withPostgres(url, async (client) => {
      const { rows } = await client.query(
        'SELECT sessions::int FROM pg_stat_database WHERE datname = current_database()',
      );
      return z.array(z.object({ sessions: z.number() })).parse(rows)[0]?.sessions ?? 0;
    });
  const before = await sessions();
  await pool.query('SELECT pg_sleep(10)');
  // Three of the watch, this pool's own, and the two that count.
  expect((await sessions()) - before).toBeLessThan(8);
  expect(ended).toEqual([]);
});

it('the server itself finds out within 11 s that a connection is lost, so that there is room for new ones', async () => {
  const databaseUrl = await createDatabase(inject('postgresUrl'));
  const database = await openDatabase({ databaseUrl, dataDir: '/nowhere' }, createLogger('silent'));
  onTestFinished(() => database.close());
  const signs = ['idle', 'interval', 'count'].map((name) => `tcp_keepalives_${name}`);
  const rows = await database.query('SELECT name, setting FROM pg_settings WHERE name = ANY($1)', [signs]);
  expect(rows).toEqual(
    expect.arrayContaining([
      { name: 'tcp_keepalives_idle', setting: '5' },
      { name: 'tcp_keepalives_interval', setting: '2' },
      { name: 'tcp_keepalives_count', setting: '3' },
    ]),
  );
});
