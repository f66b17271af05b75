import { expect, inject, it } from 'vitest';
import { applyMigrations } from '../../../src/store/migrations/migrations.ts';
import { faultOf, seedEarlierDatabase } from '../../chaos/support/earlier-database.ts';
import { createDatabase, withPostgres } from '../../support/services/postgres-client.ts';

it('the rows of an early version have their revisions, streams, sums and pictures after the migrations', async () => {
  await withPostgres(await createDatabase(inject('postgresUrl')), async (client) => {
    const connection = {
      execute: (script: string) => client.query(script),
      query: async (text: string, values: readonly unknown[]) => (await client.query(text, [...values])).rows,
    };
    await seedEarlierDatabase(connection, 2_000);
    await applyMigrations(connection, () => undefined);
    expect(await faultOf((text) => connection.query(text, []), 2_000)).toBeUndefined();
  });
});
