import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Account } from './account.ts';
import { postgresVersion } from './find-binary.ts';
import { createInstanceFolder, removeInstanceFolder, servicesFolder } from './instance-folder.ts';
import { run } from './run.ts';

export const POSTGRES_USER = 'pressrun';

const INITDB_ARGS = [
  `--username=${POSTGRES_USER}`,
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C.UTF-8',
  '--no-sync',
];

/**
 * Puts a new, never started data directory at `folder/data`. `initdb` takes a second, so it is done once per version of
 * Postgres; after that the directory is unpacked from an archive.
 */
export async function createDataDirectory(
  folder: string,
  server: string,
  account: Account | undefined,
): Promise<string> {
  const archive = await ensureArchive(server, account);
  await run('tar', ['--extract', '--file', archive], { cwd: folder, account });
  return join(folder, 'data');
}

/**
 * One file, put in its place by a rename: two runs that make it at once do each other no harm, one that is killed
 * leaves no half of it, and a cleaner of old temporary files takes all of it or nothing.
 */
async function ensureArchive(server: string, account: Account | undefined): Promise<string> {
  const flags = createHash('sha256').update(INITDB_ARGS.join(' ')).digest('hex').slice(0, 8);
  const version = await postgresVersion(server);
  const archive = join(await servicesFolder(), `postgres-${version}-${flags}.tar`);
  if (existsSync(archive)) return archive;

  const workshop = await createInstanceFolder();
  try {
    if (account !== undefined) await chown(workshop, account.uid, account.gid);
    const options = { cwd: workshop, account };
    await run(join(dirname(server), 'initdb'), [...INITDB_ARGS, '--pgdata=data'], options);
    await run('tar', ['--create', '--file', 'data.tar', 'data'], options);
    await chmod(join(workshop, 'data.tar'), 0o644);
    await rename(join(workshop, 'data.tar'), archive);
  } finally {
    await removeInstanceFolder(workshop);
  }
  return archive;
}
