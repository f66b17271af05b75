import { readFile } from 'node:fs/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import type { Client } from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { deployMigrations } from '../../../scripts/schema-engine.ts';
import { applyMigrations, migrationFile, migrationNames } from '../../../src/store/migrations/migrations.ts';
import { createDatabase, withPostgres } from '../../support/services/postgres-client.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const names = await migrationNames();
const quiet = () => undefined;

/** Where the migration with this name stands among all. */
const placeOf = (suffix: string) => names.findIndex((name) => name.endsWith(suffix));
/** Rewrites rows of several tables. */
const large = placeOf('list_kinds');
/** Builds an index without a transaction. */
const search = placeOf('search_of_posts');
const channel = placeOf('channel_of_earlier_versions');

/** Lends a connection to a new, empty database. */
const withNewDatabase = async <T>(work: (client: Client, url: string) => Promise<T>): Promise<T> => {
  const url = await createDatabase(inject('postgresUrl'));
  return withPostgres(url, (client) => work(client, url));
};

const connectionOf = (client: Client) => ({
  execute: (script: string) => client.query(script),
  query: async (text: string, values: readonly unknown[]) => (await client.query(text, [...values])).rows,
});

const migrate = (client: Client, tell: (line: string) => void = quiet, until = names) =>
  applyMigrations(connectionOf(client), tell, until);

/** Tables with their columns, indexes, constraints, types and triggers, and what Prisma's table says. */
async function shapeOf(client: Client): Promise<unknown> {
  const { rows } = await client.query(`
    SELECT 'column ' || table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable AS it
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid::regclass::text !~ '^pg_'
      AND connamespace = 'public'::regnamespace
    UNION ALL SELECT 'value ' || enumtypid::regtype || ' ' || enumlabel FROM pg_enum
    UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'applied ' || migration_name || checksum FROM _prisma_migrations
      WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL
    ORDER BY 1`);
  return rows.map(({ it }) => it);
}

async function invalidIndexes(client: Client): Promise<unknown[]> {
  const { rows } = await client.query(
    'SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid',
  );
  return rows.map(({ name }) => name);
}

const wholeShape = withNewDatabase(async (client) => {
  await migrate(client);
  return shapeOf(client);
});

describe('migrations', () => {
  it('leave a table that Prisma’s own command agrees with', () =>
    withNewDatabase(async (client, url) => {
      expect(await migrate(client)).toEqual(names);
      expect(await deployMigrations(new PrismaPg({ connectionString: url }))).toEqual([]);
    }));

  it('that are cut off leave nothing of themselves, and are applied by the next start', () =>
    withNewDatabase(async (client, url) => {
      await migrate(client, quiet, names.slice(0, large));
      const before = await shapeOf(client);
      // After its first statement it wants this table.
      await client.query('BEGIN; LOCK TABLE posts IN ACCESS SHARE MODE');
      const cutOff = withPostgres(url, (other) => migrate(other)).catch((error: unknown) => String(error));
      let pid: number | undefined;
      await waitUntil('the migration to be in its middle', async () => {
        const { rows } = await client.query(
          'SELECT pid FROM pg_locks WHERE NOT granted AND relation = $1::regclass',
          ['posts'],
        );
        pid = rows[0]?.pid;
        return pid !== undefined;
      });
      await client.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
      await client.query('COMMIT');
      expect(await cutOff).toContain('terminat');
      expect(await shapeOf(client)).toEqual(before);

      expect(await migrate(client)).toEqual(names.slice(large));
      expect(await shapeOf(client)).toEqual(await wholeShape);
    }));

  it('wait for those who use the tables, say so, and go on when they are done', () =>
    withNewDatabase(async (client, url) => {
      await migrate(client, quiet, names.slice(0, large));
      await client.query('BEGIN; LOCK TABLE campaigns IN ACCESS SHARE MODE');
      const told: string[] = [];
      const applied = withPostgres(url, (other) => migrate(other, (line) => told.push(line)));
      await waitUntil('it to say that it waits', () => told.length > 0);
      await client.query('COMMIT');
      expect(await applied).toEqual(names.slice(large));
      expect(told[0]).toContain('Waiting for others');
    }));

  it('wait for another process that migrates for longer than one attempt does', () =>
    withNewDatabase(async (client, url) => {
      // What every version takes while it migrates.
      await client.query('SELECT pg_advisory_lock(72707369)');
      const told: string[] = [];
      const applied = withPostgres(url, (other) => migrate(other, (line) => told.push(line)));
      await waitUntil('it to say that it waits', () => told.length > 0);
      await client.query('SELECT pg_advisory_unlock(72707369)');
      expect(await applied).toEqual(names);
    }));

  it('that wait for a table let its readers in between two attempts', () =>
    withNewDatabase(async (client, url) => {
      await migrate(client, quiet, names.slice(0, large));
      await client.query('BEGIN; LOCK TABLE campaigns IN ACCESS SHARE MODE');
      let told = 0;
      const applied = withPostgres(url, (other) => migrate(other, () => (told += 1)));
      await waitUntil('it to say that it waits', () => told > 0);
      await withPostgres(url, (reader) => reader.query(`SET lock_timeout = '2s'; SELECT FROM campaigns`));
      await client.query('COMMIT');
      expect(await applied).toEqual(names.slice(large));
    }));

  it('that are cut off while they build an index beside writers build it again', () =>
    withNewDatabase(async (client, url) => {
      await migrate(client, quiet, names.slice(0, search));
      // Who builds an index beside writers waits for those that there are.
      await client.query(`BEGIN; LOCK TABLE posts IN ROW EXCLUSIVE MODE`);
      const cutOff = withPostgres(url, (other) => migrate(other)).catch((error: unknown) => String(error));
      let pid: number | undefined;
      await waitUntil('the index to be built', async () => {
        const { rows } = await client.query(`
            SELECT w.pid FROM pg_locks w JOIN pg_locks h USING (virtualxid)
            WHERE h.pid = pg_backend_pid() AND w.locktype = 'virtualxid' AND NOT w.granted`);
        pid = rows[0]?.pid;
        return pid !== undefined;
      });
      await client.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
      await client.query('COMMIT');
      expect(await cutOff).toContain('terminat');
      expect(await invalidIndexes(client)).toEqual(['posts_search_idx']);

      expect(await migrate(client)).toEqual(names.slice(search));
      expect(await invalidIndexes(client)).toEqual([]);
      expect(await shapeOf(client)).toEqual(await wholeShape);
    }));

  it('of two processes that start at the same time, one builds an index beside writers and the other waits', () =>
    withNewDatabase(async (client, url) => {
      await migrate(client, quiet, names.slice(0, search));
      const applied = await Promise.all([1, 2].map(() => withPostgres(url, (other) => migrate(other))));
      expect(applied.flat()).toEqual(names.slice(search));
    }));

  it('that need an extension which this account may not create say what to run', () =>
    withNewDatabase(async (client) => {
      await migrate(client, quiet, names.slice(0, placeOf('trigrams')));
      const role = `guest_${process.pid}`;
      await client.query(
        `CREATE ROLE ${role}; GRANT ALL ON _prisma_migrations TO ${role}; GRANT ALL ON SCHEMA public TO ${role}; SET ROLE ${role}`,
      );
      await expect(migrate(client)).rejects.toThrow(
        /permission denied to create extension.*CREATE EXTENSION pg_trgm;/s,
      );
      await client.query(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }));

  it('that fail say why, and change nothing', () =>
    withNewDatabase(async (client) => {
      await migrate(client, quiet, names.slice(0, channel));
      await client.query(
        `CREATE FUNCTION "set_channel_of_campaign"() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
      );
      const before = await shapeOf(client);
      await expect(migrate(client, quiet, names.slice(0, channel + 1))).rejects.toThrow(
        /^The migration \d+_channel_of_earlier_versions failed and changed nothing: function .* already exists/,
      );
      expect(await shapeOf(client)).toEqual(before);
    }));
});

/** Earlier versions ran a migration statement by statement; a kill left a row without an end, and its first statements. */
const cutOffAt = [
  ['nothing', () => 0],
  ['its first statement', () => 1],
  ['half of it', (count: number) => Math.ceil(count / 2)],
  ['all of it', (count: number) => count],
] as const;

describe.each([['revisions_and_lists'], ['list_kinds'], ['user_streams']])(
  'a migration %s that an earlier version was killed in',
  (suffix) => {
    const at = placeOf(suffix);
    const name = names[at] ?? '';

    it.each(cutOffAt)('after %s is brought to its end', (_what, countOf) =>
      withNewDatabase(async (client) => {
        await migrate(client, quiet, names.slice(0, at));
        await leave(client, name, (statements) => statements.slice(0, countOf(statements.length)));
        expect(await migrate(client)).toEqual(names.slice(at));
        expect(await shapeOf(client)).toEqual(await wholeShape);
      }),
    );
  },
);

it('a migration of which a later part is there and an earlier one is not is left alone, with what to run', () =>
  withNewDatabase(async (client) => {
    const at = placeOf('page_orders');
    await migrate(client, quiet, names.slice(0, at));
    await leave(client, names[at] ?? '', (statements) => statements.slice(-1));
    const before = await shapeOf(client);
    await expect(migrate(client)).rejects.toThrow(
      /cannot be told.*prisma\/migrations\/.*UPDATE _prisma_migrations SET finished_at/s,
    );
    expect(await shapeOf(client)).toEqual(before);
  }));

it('a migration that was cut off in an embedded database is brought to its end', async () => {
  const pglite = new PGlite({ extensions: { pg_trgm } });
  const connection = {
    execute: (script: string) => pglite.exec(script),
    query: async (text: string, values: readonly unknown[]) => (await pglite.query(text, [...values])).rows,
  };
  await applyMigrations(connection, quiet, names.slice(0, large + 1));
  await pglite.exec(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name ~ 'list_kinds'`);
  expect(await applyMigrations(connection, quiet)).toEqual(names.slice(large));
  await pglite.close();
});

it('a migration with functions in it that was cut off is applied whole', () =>
  withNewDatabase(async (client) => {
    const at = channel;
    await migrate(client, quiet, names.slice(0, at));
    await leave(client, names[at] ?? '', () => []);
    expect(await migrate(client)).toEqual(names.slice(at));
    expect(await shapeOf(client)).toEqual(await wholeShape);
  }));

/** Does what a killed earlier version did: some statements, and a row without an end. */
async function leave(client: Client, name: string, some: (statements: string[]) => string[]): Promise<void> {
  const script = await readFile(migrationFile(name), 'utf8');
  const statements = script.split(';').filter((statement) => statement.trim() !== '');
  for (const statement of some(statements)) await client.query(statement);
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES (gen_random_uuid(), 'any', $1)`,
    [name],
  );
}
