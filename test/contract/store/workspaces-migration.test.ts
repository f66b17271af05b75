import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import {
  applyMigrations,
  migrationNames,
  type MigrationConnection,
} from '../../../src/store/migrations/migrations.ts';
import { writeRows } from '../../support/rows.ts';
import { createDatabase, withPostgres } from '../../support/services/postgres-client.ts';

const names = await migrationNames();
const first = names.findIndex((name) => name.endsWith('_workspaces'));
const quiet = () => undefined;

const users = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'] as const;

/** Every table but the new ones, and the column that says whose a row is. */
const tables = {
  users: 'id',
  sessions: 'userId',
  refresh_tokens: undefined,
  campaigns: 'ownerId',
  batches: 'ownerId',
  posts: 'ownerId',
  post_revisions: undefined,
  events: 'ownerId',
  user_streams: 'userId',
  provider_calls: 'ownerId',
  batch_spends: 'ownerId',
  monthly_spends: 'ownerId',
  idempotency_keys: 'ownerId',
  images: undefined,
  provider_outages: undefined,
  readiness_probes: undefined,
} as const;

/** Fills a database of the release before with rows of two users in every table. */
async function seed({ execute }: MigrationConnection): Promise<void> {
  for (const id of users) {
    await execute(
      `INSERT INTO users (id, email, "passwordHash") VALUES ('${id}', 'u${id.at(-1)}@example.com', 'hash')`,
    );
    await writeRows({ $executeRawUnsafe: execute }, id, 3);
    await execute(`
      INSERT INTO sessions (id, "userId", "expiresAt") VALUES (gen_random_uuid(), '${id}', now() + interval '1 day');
      INSERT INTO refresh_tokens (hash, "sessionId") SELECT 'hash ' || id, id FROM sessions WHERE "userId" = '${id}';
      INSERT INTO idempotency_keys ("ownerId", key, "inputHash", "batchId")
        SELECT '${id}', 'key', 'hash', id FROM batches WHERE "ownerId" = '${id}' LIMIT 1;
      INSERT INTO images (key) VALUES ('picture of ${id}')`);
  }
  await execute(`
    INSERT INTO provider_outages ("instanceId", code, until) VALUES ('one', 'INSUFFICIENT_QUOTA', now());
    INSERT INTO readiness_probes (id, at) VALUES (1, now())`);
}

async function columnsOf({ query }: MigrationConnection): Promise<Map<string, string[]>> {
  const columns = await query(
    `SELECT table_name AS "table", column_name AS name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2`,
    [],
  );
  const parsed = z.array(z.object({ table: z.string(), name: z.string() })).parse(columns);
  return new Map(
    [...Map.groupBy(parsed, ({ table }) => table)].map(([table, those]) => [
      table,
      those.map(({ name }) => name),
    ]),
  );
}

/** @param columns those that there were before. */
async function rowsOf(
  { query }: MigrationConnection,
  columns: ReadonlyMap<string, readonly string[]>,
): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {};
  for (const table of Object.keys(tables)) {
    const list = columns.get(table)?.map((name) => `'${name}', t."${name}"`);
    const row = `jsonb_build_object(${list?.join(', ') ?? ''})`;
    rows[table] = await query(`SELECT ${row} AS row FROM ${table} t ORDER BY ${row}::text`, []);
  }
  return rows;
}

async function onPostgres(work: (connection: MigrationConnection) => Promise<void>): Promise<void> {
  await withPostgres(await createDatabase(inject('postgresUrl')), (client) =>
    work({
      execute: (script) => client.query(script),
      query: async (text, values) => (await client.query(text, [...values])).rows,
    }),
  );
}

async function embedded(work: (connection: MigrationConnection) => Promise<void>): Promise<void> {
  const pglite = new PGlite({ extensions: { pg_trgm } });
  await work({
    execute: (script) => pglite.exec(script),
    query: async (text, values) => (await pglite.query(text, [...values])).rows,
  });
  await pglite.close();
}

describe.each([
  ['on PostgreSQL', onPostgres],
  ['embedded', embedded],
])('a database of the release before workspaces, %s', (_where, within) => {
  it('keeps every row, each in the workspace of its owner', () =>
    within(async (connection) => {
      await applyMigrations(connection, quiet, names.slice(0, first));
      await seed(connection);
      const columns = await columnsOf(connection);
      const before = await rowsOf(connection, columns);
      expect(Object.entries(before).filter(([, rows]) => rows.length === 0)).toEqual([]);

      await applyMigrations(connection, quiet);

      expect(await rowsOf(connection, columns)).toEqual(before);
      const memberships = `SELECT m."userId", m."workspaceId", m.role, w.name FROM memberships m
        JOIN workspaces w ON w.id = m."workspaceId" ORDER BY 1`;
      expect(await connection.query(memberships, [])).toEqual(
        users.map((id) => ({ userId: id, workspaceId: id, role: 'OWNER', name: `u${id.at(-1)}` })),
      );
      for (const [table, column] of Object.entries(tables)) {
        if (column === undefined) continue;
        const strays = `SELECT 1 FROM ${table} t WHERE t."${column}" NOT IN (SELECT id FROM workspaces)`;
        expect([table, await connection.query(strays, [])]).toEqual([table, []]);
      }
      expect(
        await connection.query(`SELECT 1 FROM sessions WHERE "workspaceId" IS DISTINCT FROM "userId"`, []),
      ).toEqual([]);
      const keys = `SELECT conrelid::regclass::text AS "from", confrelid::regclass::text AS "to", convalidated
        FROM pg_constraint WHERE contype = 'f' AND conname ~ '_(ownerId|userId)_fkey$' ORDER BY 1, 2`;
      expect(await connection.query(keys, [])).toEqual(
        [
          ['batches', 'workspaces'],
          ['brands', 'workspaces'],
          ['campaigns', 'workspaces'],
          ['idempotency_keys', 'workspaces'],
          ['memberships', 'users'],
          ['plan_items', 'workspaces'],
          ['posts', 'workspaces'],
          ['runs', 'workspaces'],
          ['sessions', 'memberships'],
          ['sessions', 'users'],
          ['streams', 'workspaces'],
          ['user_streams', 'workspaces'],
        ].map(([from, to]) => ({ from, to, convalidated: true })),
      );
    }));

  it('takes users, sessions and deletions of that release as before', () =>
    within(async (connection) => {
      await applyMigrations(connection, quiet);
      await seed(connection);
      const sessions = await connection.query(`SELECT "workspaceId" FROM sessions ORDER BY 1`, []);
      expect(sessions).toEqual(users.map((workspaceId) => ({ workspaceId })));

      await connection.execute(`DELETE FROM users WHERE id = '${users[0]}'`);

      for (const table of [
        'workspaces',
        'campaigns',
        'batches',
        'posts',
        'sessions',
        'user_streams',
      ] as const) {
        const column = table === 'workspaces' ? 'id' : tables[table];
        const owners = await connection.query(`SELECT DISTINCT "${column}" AS owner FROM ${table}`, []);
        expect([table, owners]).toEqual([table, [{ owner: users[1] }]]);
      }
    }));
});
