import { createHash } from 'node:crypto';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { lockDataDirectory, makePrivate } from './data-directory.ts';
import { migrationFile, migrationNames } from '../migrations/migrations.ts';
import { pgliteCode } from './pglite-code.ts';

const cacheFolder = fileURLToPath(new URL('../../../node_modules/.cache/pressrun/', import.meta.url));

/**
 * PostgreSQL's cache of pages. All of it takes memory from the start. Other pages come from the operating system's cache.
 */
const sharedBuffers = '16MB';

export type EmbeddedDatabase = {
  pglite: PGlite;
  close(): Promise<void>;
};

/**
 * Opens PostgreSQL in this process. A new data directory is copied from the template that `npm ci` built, because
 * initialising one takes several seconds.
 *
 * @param dataDir absolute; created if absent.
 * @param tell gets a line about what takes long.
 * @throws DataDirectoryInUseError if another process has it open: two would lose rows silently.
 */
export async function openEmbedded(dataDir: string, tell: (line: string) => void): Promise<EmbeddedDatabase> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockDataDirectory(dataDir);
  try {
    const folder = `${dataDir}/postgres`;
    if (!existsSync(folder)) await setUp(folder, tell);
    const pglite = await openPglite(folder);
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
 * Returns the folder of the template: an initialised, migrated data directory. Its name is a hash of what it was built from.
 */
export async function templateFolder(): Promise<string> {
  const hash = createHash('sha256');
  for (const packageName of ['@electric-sql/pglite', 'pg-boss']) {
    hash.update(
      await readFile(
        fileURLToPath(new URL(`../../../node_modules/${packageName}/package.json`, import.meta.url)),
      ),
    );
  }
  for (const name of await migrationNames()) {
    hash.update(name).update(await readFile(migrationFile(name)));
  }
  return `${cacheFolder}database-${hash.digest('hex').slice(0, 16)}`;
}

/** Creates a new database. It gets its name last, so that an interrupted set-up starts again. */
async function setUp(folder: string, tell: (line: string) => void): Promise<void> {
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  tell(`Setting up a new database in ${folder} …`);
  if (!copyTemplate(await templateFolder(), partial)) {
    tell('Setting it up takes some seconds (npm run generate makes it faster) …');
    await (await openPglite(partial)).close();
  }
  makePrivate(partial);
  renameSync(partial, folder);
}

/** @returns false if there is no template, or this account may not read all of it. */
function copyTemplate(template: string, folder: string): boolean {
  try {
    // Synchronous, because that is much faster for hundreds of small files and nothing else runs yet.
    cpSync(template, folder, { recursive: true });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && ['ENOENT', 'EACCES'].includes(String(error.code))))
      throw error;
    rmSync(folder, { recursive: true, force: true });
    return false;
  }
}

async function openPglite(folder: string): Promise<PGlite> {
  return PGlite.create(folder, {
    extensions: { pg_trgm },
    pgliteWasmModule: await pgliteCode(),
    startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${sharedBuffers}`],
  });
}
