import { run } from './run.ts';

/** A Unix account by its numbers, as `child_process` takes them. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Whether this process may do everything on the machine. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The account that Postgres must run as: `postgres` when we are root, since it refuses root, and our own (undefined)
 * otherwise.
 */
export async function postgresAccount(): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
  return { uid: Number.parseInt(uid, 10), gid: Number.parseInt(gid, 10) };
}
