import { chmodSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Another process uses the data directory. */
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
 * Locks a data directory against other processes. It uses SQLite's exclusive file lock, which the operating system releases
 * when the process ends, in whatever way.
 *
 * @returns a function that releases the lock.
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

/** Whether an entry of a data directory has a name that Pressrun uses. */
export function isOwnName(name: string): boolean {
  return /^(lock|lock-journal|postgres|postgres\.partial|assets|token-secret(\..+)?)$/.test(name);
}

/** The permission bits of everybody but the owner. */
const others = 0o077;

/**
 * Makes Pressrun's files in a data directory private to this system account, because earlier versions let everybody read
 * them. Also the directory itself if it holds nothing else. Does nothing if it is absent or private.
 *
 * @param log.info gets a line about what was made private.
 * @param log.warn gets a line if something belongs to another account and cannot be changed.
 */
export function keepPrivate(
  dataDir: string,
  log: { info: (line: string) => void; warn: (line: string) => void },
): void {
  const names = namesIn(dataDir);
  if (names === undefined) return;
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
 * Makes a file, or a directory with all that is in it, private. The directory itself comes last, so that an interrupted call
 * is repeated at the next start.
 *
 * @returns the paths that this account may not change.
 */
export function makePrivate(path: string): string[] {
  return unlessGone(path, () => {
    const entry = lstatSync(path);
    if (entry.isSymbolicLink()) return [];
    const inside = entry.isDirectory() ? readdirSync(path) : [];
    return [...inside.flatMap((name) => makePrivate(`${path}/${name}`)), ...close(path)];
  });
}

/** @returns undefined if it is no folder that can be read. Whoever uses it gets the error. */
function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
  }
}

/** Makes the path itself private. @returns the path if this account may not change it. */
function close(path: string): string[] {
  return unlessGone(path, () => {
    chmodSync(path, statSync(path).mode & ~others);
    return [];
  });
}

/** @returns the path if this account may not do `work`; nothing if the path is gone. */
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
