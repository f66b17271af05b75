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
