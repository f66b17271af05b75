import { readlinkSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isAlive, processesIn, processStatus, signalProcess } from './processes.ts';
import { run } from './run.ts';
import { waitUntil } from './wait-until.ts';

/** An instance folder's name says whose it is, so that there is no moment at which a folder has no known owner. */
const instanceName = /^instance\.(?<ownerPid>\d+)\.(?<ownerStartTicks>\d+)\./;

/** The link in an instance folder that says which program runs there. */
export const BINARY_LINK = 'binary';

/**
 * The folder of this account that holds all instance folders and what is cached between runs. Every test process of the
 * account shares it: it is the registry in which the next run finds what a killed one left behind.
 */
export async function servicesFolder(): Promise<string> {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `pressrun-test-services-${uid}`);
  if ((await mkdir(folder, { recursive: true })) !== undefined) await spreadChildren(folder);
  if ((await stat(folder)).uid !== uid) throw new Error(`${folder} belongs to another user`);
  // Postgres runs as another account than root and has to pass through; it need not list.
  await chmod(folder, 0o711);
  return folder;
}

/**
 * ext4 puts a folder's children near it on the disk, and is slow to create files where it has lately deleted many: the
 * start of a Postgres went from 0.15 s to over 1 s within ten starts. With attribute T (chattr(1)) each instance gets a
 * place of its own, and all starts take 0.15 s. Other file systems know no such attribute and need none.
 */
async function spreadChildren(folder: string): Promise<void> {
  await run('chattr', ['+T', folder]).catch(() => undefined);
}

/** Makes a fresh folder that belongs to this process, after clearing away what dead test processes have left. */
export async function createInstanceFolder(): Promise<string> {
  await sweepStaleInstances();
  const self = processStatus(process.pid);
  if (self === undefined) throw new Error('The test services need Linux: there is no /proc here');
  return mkdtemp(join(await servicesFolder(), `instance.${process.pid}.${self.startTicks}.`));
}

/** Ends what still runs in instance folders whose owner is dead, and deletes them. Returns the folders swept. */
export async function sweepStaleInstances(): Promise<string[]> {
  const parent = await servicesFolder();
  const names = await readdir(parent);
  const stale = names.filter((name) => {
    const { ownerPid, ownerStartTicks } = instanceName.exec(name)?.groups ?? {};
    if (ownerPid === undefined || ownerStartTicks === undefined) return false;
    return !isAlive(Number(ownerPid), ownerStartTicks);
  });
  const folders = stale.map((name) => join(parent, name));
  await Promise.all(folders.map(removeInstanceFolder));
  return folders;
}

/** Ends every process of the instance at once, and deletes its folder. */
export async function removeInstanceFolder(folder: string): Promise<void> {
  await waitUntil(`the processes in ${folder} to end`, () => {
    const pids = instanceProcesses(folder);
    for (const pid of pids) signalProcess(pid, 'SIGKILL');
    return pids.length === 0;
  });
  // Another test process may be sweeping the same folder.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

/** The pids of the server of this instance and its children; none before its first start. */
export function instanceProcesses(folder: string): number[] {
  let binary: string;
  try {
    binary = readlinkSync(join(folder, BINARY_LINK));
  } catch {
    return [];
  }
  return processesIn(folder, binary);
}
