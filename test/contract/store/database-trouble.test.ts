import { Client } from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { ServiceUnavailableError } from '../../../src/domain/errors/errors.ts';
import { openDatabase, type Database } from '../../../src/store/database.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createDatabase, withPostgres } from '../../support/services/postgres-client.ts';
import { startPostgres } from '../../support/services/postgres.ts';
import { startStallingProxy } from '../../support/services/stalling-proxy.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const logger = createLogger('silent');

async function open(databaseUrl: string): Promise<Database> {
  const database = await openDatabase({ databaseUrl, dataDir: '/nowhere' }, logger);
  onTestFinished(() => database.close());
  return database;
}

/** The ways to the database; each is a question that changes nothing or one row. */
const ways: Record<string, (database: Database) => Promise<unknown>> = {
  'a query of Prisma': ({ prisma }) => prisma.user.count(),
  'a raw query of Prisma': ({ prisma }) => prisma.$queryRaw`SELECT 1`,
  'a transaction': ({ transaction }) => transaction((tx) => tx.user.count()),
  'a statement without Prisma': ({ query }) => query('SELECT 1 AS one', []),
};

/** Ten at once, so that each connection of the pool is asked. */
const askAll = (database: Database, way: (database: Database) => Promise<unknown>) =>
  Promise.allSettled(Array.from({ length: 10 }, () => way(database)));

describe('connections that go silent', () => {
  async function behindProxy() {
    const url = await createDatabase(inject('postgresUrl'));
    const proxy = await startStallingProxy(Number(new URL(url).port));
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    return { url, proxy, database: await open(proxy.through(url)) };
  }

  it.each(Object.entries(ways))(
    '%s is refused with SERVICE_UNAVAILABLE, and then all is well',
    async (_, way) => {
      const { proxy, database } = await behindProxy();
      await askAll(database, way);
      proxy.stall();
      const refusals = (await askAll(database, way)).flatMap((answer) =>
        answer.status === 'rejected' ? [answer.reason] : [],
      );
      expect(refusals.filter((error) => !(error instanceof ServiceUnavailableError))).toEqual([]);
      const answers = await askAll(database, way);
      expect(answers.filter(({ status }) => status === 'rejected')).toEqual([]);
    },
  );

  it('one that was found out ends the others that heard nothing since: nobody meets them one by one', async () => {
    const { proxy, database } = await behindProxy();
    await askAll(database, ({ query }) => query('SELECT pg_sleep(0.05)', []));
    proxy.stall();
    await expect(database.query('SELECT 1', [])).rejects.toBeInstanceOf(ServiceUnavailableError);
    for (let number = 0; number < 10; number += 1) {
      expect(await database.query('SELECT 1 AS one', [])).toEqual([{ one: 1 }]);
    }
  });

  it('a statement that takes long is not taken for a silent one', async () => {
    const { database } = await behindProxy();
    expect(await database.query('SELECT pg_sleep(5), 1 AS one', [])).toMatchObject([{ one: 1 }]);
  });

  it('a network that lets nothing through refuses within seconds, and works when it is back', async () => {
    const { proxy, database } = await behindProxy();
    await askAll(database, ({ query }) => query('SELECT 1', []));
    proxy.stall(true);
    for (const answer of await askAll(database, ({ query }) => query('SELECT 1', []))) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'SERVICE_UNAVAILABLE' } });
    }
    proxy.heal();
    await waitUntil('the database to answer', () =>
      database.query('SELECT 1', []).then(
        () => true,
        () => false,
      ),
    );
  });
});

describe('passing trouble is SERVICE_UNAVAILABLE', () => {
  it('while the database is gone', async () => {
    await using postgres = await startPostgres();
    const database = await open(await postgres.createDatabase());
    await postgres.stop();
    for (let times = 0; times < 2; times += 1) {
      for (const way of Object.values(ways)) {
        await expect(way(database)).rejects.toBeInstanceOf(ServiceUnavailableError);
      }
    }
  });

  it('while backends are terminated', async () => {
    await using postgres = await startPostgres();
    const database = await open(await postgres.createDatabase());
    const over = new AbortController();
    const refusals = new Set<unknown>();
    let answered = 0;
    const asking = [...Object.values(ways), ...Object.values(ways)].map(async (way) => {
      while (!over.signal.aborted) {
        try {
          await way(database);
          answered += 1;
        } catch (error) {
          refusals.add(error);
        }
      }
    });
    for (let times = 0; times < 6; times += 1) {
      const before = answered;
      await waitUntil('an answer', () => answered > before);
      await postgres.terminateBackends();
    }
    over.abort();
    await Promise.all(asking);
    expect([...refusals].filter((error) => !(error instanceof ServiceUnavailableError))).toEqual([]);
    expect(refusals.size).toBeGreaterThan(0);
  });

  it('where there are too many connections', async () => {
    await using postgres = await startPostgres({ settings: { max_connections: 10 } });
    const url = await postgres.createDatabase();
    const database = await open(url);
    // The others take all there are, those for the superuser too; ours are closed.
    await postgres.terminateBackends();
    const others: Client[] = [];
    for (;;) {
      const client = new Client({ connectionString: url });
      client.on('error', () => undefined);
      const isIn = await client.connect().then(
        () => true,
        () => false,
      );
      if (!isIn) break;
      others.push(client);
    }
    for (const way of Object.values(ways)) {
      await expect(way(database)).rejects.toBeInstanceOf(ServiceUnavailableError);
    }
    await Promise.all(others.map((client) => client.end()));
  });

  it('a change of a database that is read-only', async () => {
    const url = await createDatabase(inject('postgresUrl'));
    const database = await open(url);
    await withPostgres(url, (client) =>
      client.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_read_only = on`),
    );
    await withPostgres(url, (client) =>
      client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      ),
    );
    const data = { email: 'a@example.com', passwordHash: '' };
    await expect(database.prisma.user.create({ data })).rejects.toBeInstanceOf(ServiceUnavailableError);
    await expect(database.transaction((tx) => tx.user.create({ data }))).rejects.toBeInstanceOf(
      ServiceUnavailableError,
    );
  });

  it('what waits for a lock that is held', async () => {
    const url = await createDatabase(inject('postgresUrl'));
    const database = await open(url);
    await withPostgres(url, async (client) => {
      await client.query('BEGIN');
      await client.query('LOCK TABLE users');
      await Promise.all(
        Object.values({
          plain: () => database.prisma.user.count(),
          transaction: () => database.transaction((tx) => tx.user.count()),
          direct: () => database.query('SELECT count(*) FROM users', []),
        }).map((ask) => expect(ask()).rejects.toBeInstanceOf(ServiceUnavailableError)),
      );
      await client.query('ROLLBACK');
    });
    expect(await database.prisma.user.count()).toBe(0);
  });

  it('a transaction that took too long', async () => {
    const database = await open(await createDatabase(inject('postgresUrl')));
    const slow = database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM pg_sleep(0.5)`;
      return tx.user.count();
    }, 100);
    await expect(slow).rejects.toBeInstanceOf(ServiceUnavailableError);
  });

  it('a transaction that is used after its end is a bug', async () => {
    const database = await open(await createDatabase(inject('postgresUrl')));
    const ended = await database.transaction((tx) => Promise.resolve({ tx }));
    await expect(ended.tx.user.count()).rejects.toThrow('committed transaction');
  });

  it('a bug stays what it is', async () => {
    const database = await open(await createDatabase(inject('postgresUrl')));
    await expect(database.query('SELECT nothing', [])).rejects.toThrow('column "nothing" does not exist');
    await expect(database.prisma.$queryRaw`SELECT nothing`).rejects.not.toBeInstanceOf(
      ServiceUnavailableError,
    );
  });
});
