import { readFile } from 'node:fs/promises';
import { expect, inject, it } from 'vitest';
import { lastOfSingleStatements } from '../../../src/store/migrations/interrupted-migration.ts';
import {
  applyMigrations,
  isOutsideTransaction,
  migrationFile,
  migrationNames,
} from '../../../src/store/migrations/migrations.ts';
import { createDatabase, withPostgres } from '../../support/services/postgres-client.ts';

const names = await migrationNames();

/** Locks of this session on tables that others see, such as `posts AccessExclusiveLock`. */
const locksOnTables = `
  SELECT c.relname || ' ' || l.mode AS lock FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
  WHERE l.pid = pg_backend_pid() AND c.relname = ANY ($1)`;

it('a migration that keeps readers off a table does nothing else that takes long', async () => {
  await withPostgres(await createDatabase(inject('postgresUrl')), async (client) => {
    const connection = {
      execute: (script: string) => client.query(script),
      query: async (text: string, values: readonly unknown[]) => (await client.query(text, [...values])).rows,
    };
    const locksOf: Record<string, string[]> = {};
    for (const name of names) {
      const script = await readFile(migrationFile(name), 'utf8');
      if (name > lastOfSingleStatements && !isOutsideTransaction(script)) {
        const tables = await client.query(
          `SELECT relname FROM pg_class WHERE relkind = 'r' AND oid >= 16384`,
        );
        await client.query('BEGIN');
        await client.query(script);
        const { rows } = await client.query(locksOnTables, [tables.rows.map(({ relname }) => relname)]);
        await client.query('ROLLBACK');
        locksOf[name] = rows.map(({ lock }) => lock);
      }
      await applyMigrations(connection, () => undefined, [name]);
    }
    const keepsReadersOff = (lock: string) => lock.endsWith(' AccessExclusiveLock');
    // Who builds an index, reads or writes rows has other locks.
    const slow = Object.entries(locksOf).filter(
      ([, locks]) => locks.some(keepsReadersOff) && !locks.every(keepsReadersOff),
    );
    expect(slow).toEqual([]);
    expect(Object.values(locksOf).flat()).toContain('posts AccessExclusiveLock');
  });
});
