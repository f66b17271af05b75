import { constants } from 'node:fs';
import { access, readdir, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { run } from './run.ts';

const POSTGRES_VERSIONS = '/usr/lib/postgresql';

/**
 * The folders in which the services' programs are looked for, in order: PATH, then where Debian puts what it keeps off
 * an ordinary PATH, which are the system's programs (nginx) and every Postgres, the newest first.
 */
async function serviceSearchPath(): Promise<string[]> {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const versions = await readdir(POSTGRES_VERSIONS).catch(() => []);
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a));
  return [...path, '/usr/sbin', ...newestFirst.map((version) => join(POSTGRES_VERSIONS, version, 'bin'))];
}

/**
 * The path of the program `name` in the first folder that has it, or undefined. A `postgres` counts only if it says
 * itself that it is the Postgres server and has `initdb` beside it; then the path is the real one, beside that `initdb`.
 */
export async function findBinary(name: string, searchPath?: readonly string[]): Promise<string | undefined> {
  for (const folder of searchPath ?? (await serviceSearchPath())) {
    const candidate = join(folder, name);
    if (!(await isExecutable(candidate))) continue;
    if (name !== 'postgres') return candidate;
    const server = await realpath(candidate);
    if (await isPostgresServer(server)) return server;
  }
  return undefined;
}

/** The version of a Postgres server program, such as "15.13". Rejects when it is no Postgres. */
export async function postgresVersion(server: string): Promise<string> {
  const answer = await run(server, ['--version']);
  const version = /^postgres \(PostgreSQL\) (\S+)/.exec(answer)?.[1];
  if (version === undefined) throw new Error(`${server} is not a Postgres server: ${answer.trim()}`);
  return version;
}

async function isPostgresServer(server: string): Promise<boolean> {
  if (!(await isExecutable(join(dirname(server), 'initdb')))) return false;
  return postgresVersion(server).then(
    () => true,
    () => false,
  );
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
