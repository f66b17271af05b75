import { createHash } from 'node:crypto';
import { cpSync, renameSync, rmSync } from 'node:fs';
import { access, mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { lockDataDirectory } from './data-directory.ts';
import { migrationFile, migrationNames } from './migrations.ts';
import { pgliteCode } from './pglite-code.ts';

const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/pressrun/', import.meta.url));

/**
 * PostgreSQL's own cache of pages, all of which is written over at a start and stays in memory. What does not fit is read from
 * the operating system's.
 */
const sharedBuffers = '16MB';

export type EmbeddedDatabase = {
  pglite: PGlite;
  close(): Promise<void>;
};

/**
 * Opens PostgreSQL in this process. A new data directory is a copy of the template that `npm ci` built, which
 * takes a fraction of a second where initialising one takes several.
 *
 * @param dataDir absolute; made when absent.
 * @param tell told in one line what takes long.
 * @throws DataDirectoryInUseError where another process has it open; two would lose rows silently.
 */
export async function openEmbedded(dataDir: string, tell: (line: string) => void): Promise<EmbeddedDatabase> {
  await mkdir(dataDir, { recursive: true });
  const unlock = lockDataDirectory(dataDir);
  try {
    const folder = `${dataDir}/postgres`;
    if (!(await exists(folder))) {
      const template = await templateFolder();
      if (await exists(template)) {
        tell(`Setting up a new database in ${dataDir} …`);
        copyWhole(template, folder);
      } else {
        tell(
          `Setting up a new database in ${dataDir}; this takes some seconds (npm run generate makes it faster) …`,
        );
      }
    }
    const pglite = await PGlite.create(folder, {
      pgliteWasmModule: await pgliteCode(),
      startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${sharedBuffers}`],
    });
    return {
      pglite,
      async close() {
        await pglite.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * Where the initialised, migrated data directory is kept. Its name changes with whatever went into it.
 */
export async function templateFolder(): Promise<string> {
  const hash = createHash('sha256');
  for (const packageName of ['@electric-sql/pglite', 'pg-boss']) {
    hash.update(
      await readFile(
        fileURLToPath(new URL(`../../node_modules/${packageName}/package.json`, import.meta.url)),
      ),
    );
  }
  for (const name of await migrationNames()) {
    hash.update(name).update(await readFile(migrationFile(name)));
  }
  return `${cacheFolder}database-${hash.digest('hex').slice(0, 16)}`;
}

/**
 * An aborted copy must not look like a data directory, so it gets its name only when it is whole. Copied synchronously:
 * nothing else is to be done yet, and a promise for each of hundreds of files takes several times as long.
 */
function copyWhole(from: string, to: string): void {
  const partial = `${to}.partial`;
  rmSync(partial, { recursive: true, force: true });
  cpSync(from, partial, { recursive: true });
  renameSync(partial, to);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
