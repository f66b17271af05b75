import { chmodSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Another process works on the data directory. */
export class DataDirectoryInUseError extends Error {
  override readonly name = 'DataDirectoryInUseError';

  constructor(dataDir: string) {
    super(
      `Another Pressrun works on ${dataDir}. Stop it, set DATA_DIR to another folder, or set DATABASE_URL: ` +
        'the embedded database belongs to one process at a time.',
    );
  }
}

/**
 * Keeps other processes off a data directory. The lock is SQLite's exclusive file lock, which the operating
 * system drops with the process, however it ends.
 *
 * @returns how to give it back.
 * @throws DataDirectoryInUseError
 */
export function lockDataDirectory(dataDir: string): () => void {
  const file = new DatabaseSync(`${dataDir}/lock`);
  try {
    file.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if (error instanceof Error && error.message.includes('locked'))
      throw new DataDirectoryInUseError(dataDir);
    throw error;
  }
  return () => file.close();
}

/** Permissions of everybody but the owner. */
const others = 0o077;

/**
 * Takes a data directory that others may read or write (earlier versions made such), and all that is in it, from them.
 * Does nothing where it is absent or private.
 *
 * @param warn told in one line where an entry belongs to somebody else and stays as it is.
 */
export function keepPrivate(dataDir: string, warn: (line: string) => void): void {
  const mode = statSync(dataDir, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & others) === 0) return;
  const kept: string[] = [];
  // The directory comes last: who is killed before that begins anew.
  closeAll(dataDir, kept);
  const [first] = kept;
  if (first !== undefined) {
    warn(`Other accounts of this machine may read ${first}, and this one may not change that (DATA_DIR)`);
  }
}

/** @param kept gets the paths whose permissions are not ours to change. */
function closeAll(path: string, kept: string[]): void {
  const entry = lstatSync(path);
  if (entry.isSymbolicLink()) return;
  try {
    if (entry.isDirectory()) for (const name of readdirSync(path)) closeAll(`${path}/${name}`, kept);
    chmodSync(path, entry.mode & ~others);
  } catch {
    kept.push(path);
  }
}
