import { chown } from 'node:fs/promises';
import { postgresAccount } from './account.ts';
import { ensureInstalled } from './ensure-installed.ts';
import { findBinary } from './find-binary.ts';
import { freePort } from './free-port.ts';
import { createInstanceFolder, removeInstanceFolder } from './instance-folder.ts';
import { createDatabase, withPostgres } from './postgres-client.ts';
import { createDataDirectory, POSTGRES_USER } from './postgres-template.ts';
import { type Server, type ServerSpec, startServer } from './server.ts';

/** `fast` ends sessions and writes a checkpoint; `immediate` is a crash: the next start has to recover from the log. */
type PostgresStopMode = 'fast' | 'immediate';

const stopSignals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

export interface PostgresOptions {
  /** Server settings over the ones below, such as `{ max_connections: 20 }`. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** A private Postgres server. */
export interface PostgresInstance extends AsyncDisposable {
  /** The superuser on the database `postgres`; take `createDatabase()` for a test's own data. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** Creates an empty database with a name of its own and returns its url. */
  createDatabase(): Promise<string>;
  /** Ends the server and keeps its data; `restart` brings it back on the same port. */
  stop(mode?: PostgresStopMode): Promise<void>;
  /** Stops the server if it runs, starts it, and waits until it answers. */
  restart(mode?: PostgresStopMode): Promise<void>;
  /** Freezes the server and all its backends: connections stay open and nothing answers until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends all client connections, as an administrator would; returns how many there were. */
  terminateBackends(): Promise<number>;
}

/**
 * Starts a private Postgres on a free port of 127.0.0.1, with an empty data directory in a temporary folder. It skips
 * fsync, so it survives the crash of any process, not of the machine; everything else is as in production.
 */
export async function startPostgres({ settings = {} }: PostgresOptions = {}): Promise<PostgresInstance> {
  await ensureInstalled(['postgresql']);
  const port = await freePort();
  const url = `postgresql://${POSTGRES_USER}@127.0.0.1:${port}/postgres`;
  const server = await startServer(await prepare(port, url, settings));
  return {
    url,
    port,
    folder: server.folder,
    createDatabase: () => createDatabase(url),
    stop: (mode = 'fast') => server.stop(stopSignals[mode]),
    restart: (mode = 'fast') => restart(server, mode),
    pause: () => server.pause(),
    resume: () => server.resume(),
    terminateBackends: () => terminateBackends(url),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function prepare(
  port: number,
  url: string,
  settings: Readonly<Record<string, string | number>>,
): Promise<ServerSpec> {
  const binary = await findBinary('postgres');
  if (binary === undefined) throw new Error('Postgres was found and is gone again');
  const account = await postgresAccount();
  const folder = await createInstanceFolder();
  try {
    if (account !== undefined) await chown(folder, account.uid, account.gid);
    const all = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: folder,
      fsync: 'off',
      max_connections: 200,
      ...settings,
    };
    const data = await createDataDirectory(folder, binary, account);
    return {
      name: 'Postgres',
      folder,
      binary,
      args: ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      account,
      // Backends notice the loss of a killed server only when they next wait for their client; QUIT ends them.
      parentDeathSignal: 'QUIT',
      probe: () => withPostgres(url, (client) => client.query('SELECT 1')),
    };
  } catch (error) {
    await removeInstanceFolder(folder);
    throw error;
  }
}

async function restart(server: Server, mode: PostgresStopMode): Promise<void> {
  await server.stop(stopSignals[mode]);
  await server.start();
}

async function terminateBackends(url: string): Promise<number> {
  // With a time limit, pg_terminate_backend waits until the backend is really gone.
  const { rowCount } = await withPostgres(url, (client) =>
    client.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    ),
  );
  return rowCount ?? 0;
}
