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

/** @returns whether Pressrun gives this name to an entry of a data directory. */
export function isOwnName(name: string): boolean {
  return /^(lock|lock-journal|postgres|postgres\.partial|assets|token-secret(\..+)?)$/.test(name);
}

/** Permissions of everybody but the owner. */
const others = 0o077;

/**
 * Takes what Pressrun made in a data directory from all other accounts (earlier versions let everybody read it), and the
 * directory itself where nothing else is in it. Does nothing where that is absent or private.
 *
 * @param log.info told in one line what was closed.
 * @param log.warn told in one line what belongs to somebody else and stays as it is.
 */
export function keepPrivate(
  dataDir: string,
  log: { info: (line: string) => void; warn: (line: string) => void },
): void {
  const names = namesIn(dataDir);
  const own = names.filter(isOwnName).map((name) => `${dataDir}/${name}`);
  const open = own.filter(isOpen);
  const left = open.flatMap(makePrivate);
  if (own.length === names.length && isOpen(dataDir)) {
    open.push(dataDir);
    left.push(...close(dataDir));
  }
  const closed = open.filter((path) => !isOpen(path));
  if (closed.length > 0) log.info(`Closed to other accounts of this machine: ${closed.join(', ')}`);
  if (left[0] === undefined) return;
  log.warn(`Other accounts of this machine may read ${left[0]}, and this one may not change that (DATA_DIR)`);
}

/**
 * Takes a file, or a directory and all that is in it, from everybody but the owner. The directory itself comes last: who
 * is killed before that finds it as it was.
 *
 * @returns paths of which this account may not change that.
 */
export function makePrivate(path: string): string[] {
  return unlessGone(path, () => {
    const entry = lstatSync(path);
    if (entry.isSymbolicLink()) return [];
    const inside = entry.isDirectory() ? readdirSync(path) : [];
    return [...inside.flatMap((name) => makePrivate(`${path}/${name}`)), ...close(path)];
  });
}

/** None where it is absent; why one cannot be read is told by who uses it. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Leaves what is in it as it is. @returns the path where this account may not change it. */
function close(path: string): string[] {
  return unlessGone(path, () => {
    chmodSync(path, statSync(path).mode & ~others);
    return [];
  });
}

/** @returns the path itself where this account may not do that. */
function unlessGone(path: string, work: () => string[]): string[] {
  try {
    return work();
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? [] : [path];
  }
}

function isOpen(path: string): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & others) !== 0;
}
