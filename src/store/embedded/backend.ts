import pg from 'pg';
import { fromPglite } from 'pg-boss';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import type { Logger } from '../../telemetry/logger.ts';
import { migrate, probe, type Backend } from '../backend.ts';
import { openEmbedded } from './embedded.ts';

const { TIMESTAMPTZ } = pg.types.builtins;

/** Opens the embedded database under `dataDir`. @throws DataDirectoryInUseError */
export async function openEmbeddedBackend(dataDir: string, logger: Logger): Promise<Backend> {
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
  } catch (error) {
    await embedded.close();
    throw error;
  }
  return {
    adapter: new PrismaPGlite(pglite),
    bossOptions: { db: fromPglite(pglite), backend: 'pglite' },
    async query<Row extends object>(text: string, values: readonly unknown[]) {
      // PGlite's own parser reads the year 99 as 1999.
      const parsers = { [TIMESTAMPTZ]: pg.types.getTypeParser(TIMESTAMPTZ, 'text') };
      const { rows } = await pglite.query<Row>(text, [...values], { parsers });
      return rows;
    },
    probe: async () => {
      await pglite.exec(probe);
    },
    close: () => embedded.close(),
  };
}
