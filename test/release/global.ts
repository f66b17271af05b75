import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/store/database.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import setup from '../support/services/global.ts';

/** As for our own tests, and every new database of the server has the schema of this version from its beginning. */
export default async function setupMigrated(
  project: Pick<TestProject, 'provide'>,
): Promise<() => Promise<void>> {
  let postgresUrl = '';
  const stop = await setup({
    provide: (name, value) => {
      if (name === 'postgresUrl') postgresUrl = value;
      project.provide(name, value);
    },
  });
  const template = new URL('/template1', postgresUrl).href;
  const database = await openDatabase({ databaseUrl: template, dataDir: '/nowhere' }, createLogger('silent'));
  await database.close();
  return stop;
}
