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
  const [first] = makePrivate(dataDir);
  if (first !== undefined) {
    warn(`Other accounts of this machine may read ${first}, and this one may not change that (DATA_DIR)`);
  }
}

/**
 * Takes a file, or a directory and all that is in it, from everybody but the owner. The directory itself comes last: who
 * is killed before that finds it as it was.
 *
 * @returns paths of which this account may not change that.
 */
export function makePrivate(path: string): string[] {
  const entry = lstatSync(path);
  if (entry.isSymbolicLink()) return [];
  const left: string[] = [];
  try {
    if (entry.isDirectory()) {
      for (const name of readdirSync(path)) left.push(...makePrivate(`${path}/${name}`));
    }
    chmodSync(path, entry.mode & ~others);
  } catch {
    left.push(path);
  }
  return left;
}
