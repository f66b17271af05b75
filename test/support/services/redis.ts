import { Redis } from 'ioredis';
import { z } from 'zod';
import { ensureInstalled } from './ensure-installed.ts';
import { findBinary } from './find-binary.ts';
import { freePort } from './free-port.ts';
import { createInstanceFolder } from './instance-folder.ts';
import { startServer } from './server.ts';

/** Enough for every app of a run to have its own. */
export const redisDatabases = 10_000;

export interface RedisOptions {
  /** Server settings over the ones below, such as `{ maxmemory: '8mb' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A private Redis server. It keeps nothing on disk: whatever ends it loses all its data. */
export interface RedisInstance extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** Ends the server politely; `restart` brings it back, empty, on the same port. */
  stop(): Promise<void>;
  /** Ends the server as a crash does. */
  kill(): Promise<void>;
  /** Stops the server if it runs, starts it, and waits until it answers. */
  restart(): Promise<void>;
  /** Freezes the server: connections stay open and nothing answers until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Deletes all data. */
  flush(): Promise<void>;
  /** Cuts every connection that is subscribed to something; returns how many there were. */
  killPubSub(): Promise<number>;
}

/** Starts a private, empty Redis on a free port of 127.0.0.1, in a temporary folder. */
export async function startRedis({ settings = {} }: RedisOptions = {}): Promise<RedisInstance> {
  await ensureInstalled(['redis-server']);
  const binary = await findBinary('redis-server');
  if (binary === undefined) throw new Error('redis-server was found and is gone again');
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const all = {
    port: String(port),
    bind: '127.0.0.1',
    save: '',
    appendonly: 'no',
    databases: String(redisDatabases),
    ...settings,
  };
  const server = await startServer({
    name: 'Redis',
    folder: await createInstanceFolder(),
    binary,
    args: Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]),
    parentDeathSignal: 'KILL',
    probe: () => withRedis(url, (client) => client.ping()),
  });
  return {
    url,
    port,
    folder: server.folder,
    stop: () => server.stop('SIGTERM'),
    kill: () => server.stop('SIGKILL'),
    restart: async () => {
      await server.stop('SIGTERM');
      await server.start();
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
    flush: async () => {
      await withRedis(url, (client) => client.flushall());
    },
    killPubSub: async () =>
      z.int().parse(await withRedis(url, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/**
 * Lends a connection of its own to `work` and closes it afterwards.
 *
 * @param patienceMs how long the connection or an answer may take. Then it rejects rather than hang.
 */
export async function withRedis<T>(
  url: string,
  work: (client: Redis) => Promise<T>,
  patienceMs = 60_000,
): Promise<T> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: patienceMs,
    commandTimeout: patienceMs,
    // A paused server never answers the goodbye either.
    disconnectTimeout: 200,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The failing command rejects; without a listener ioredis also writes every error to the console.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}
