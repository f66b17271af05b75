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
 * Where the initialised, migrated data directory is kept. Its name changes with whatever went into it.
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

/** Makes a new database. It gets its name only when it is whole: who is killed before that begins anew. */
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

/** @returns false where there is no template, or this account may not read all of it. */
function copyTemplate(template: string, folder: string): boolean {
  try {
    // Synchronously: nothing else is to be done yet, and a promise for each of hundreds of files takes several times as long.
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
