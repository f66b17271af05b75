import { realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BINARY_LINK, createInstanceFolder, removeInstanceFolder } from '../services/instance-folder.ts';

/** Where a Pressrun process runs. Disposing of it ends every Node process in it and deletes it. */
export type Home = AsyncDisposable & {
  /** Its working directory, so that a developer's `.env` does not count. */
  folder: string;
  /** Not there yet. */
  dataDir: string;
};

/** Makes an empty home. What a killed test run leaves of it is swept by the next one. */
export async function createHome(): Promise<Home> {
  const folder = await createInstanceFolder();
  await symlink(await realpath(process.execPath), join(folder, BINARY_LINK));
  return {
    folder,
    dataDir: join(folder, 'data'),
    [Symbol.asyncDispose]: () => removeInstanceFolder(folder),
  };
}
