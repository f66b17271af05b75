import { Socket } from 'node:net';
import pg from 'pg';
import { z } from 'zod';

/** How long a statement hears nothing before the server is asked whether it works on it. */
const patienceMs = 2_500;
const lookEveryMs = 500;
/** How long that question may take, with the connection that is made for it. */
const answerWithinMs = 2_000;

/** The network lost a connection, and told neither end. */
class SilentConnectionError extends Error {
  override readonly name = 'SilentConnectionError';

  constructor() {
    super('The connection went silent');
  }
}

export type ConnectionWatch = {
  /** For pools and listeners: their connections are watched. */
  Client: typeof pg.Client;
  /** Stops to watch, and ends every connection there still is. */
  close(): void;
};

/** Moments on the clock of `performance.now()`. `sparedAt`: when the server last spoke for it. */
type Watched = { bytesRead: number; heardAt: number; idleAt: number; sparedAt: number };

/**
 * For connections that are watched. The server ends its side of one that the network lost within 11 s: the connections that
 * it still counts leave no room for new ones, and none to ask it.
 */
export const lifeSigns = '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3';

/** What `pg` knows of a connection and does not declare. */
const stateSchema = z.object({ readyForQuery: z.boolean().default(true), processID: z.number().nullable() });

/**
 * Ends connections to PostgreSQL that went silent within 5 s, however long statements may take: where one has waited
 * for 2.5 s, a new connection asks the server what it works on. A statement that it does not work on is on a silent
 * connection, and so is every other connection that has heard nothing since. Where nothing answers, all that wait are.
 * Where the server refuses to be asked, as it has too many connections, one is silent that has waited for longer than
 * any statement may take.
 *
 * @param url PostgreSQL's own address: behind a pooler its processes are not known.
 * @param statementMs after which the server ends a statement by itself.
 * @param onSilent told of the connections that were ended at one time.
 */
export function watchConnections(
  url: string,
  statementMs: number,
  onSilent: (error: Error) => void,
): ConnectionWatch {
  const clients = new Map<pg.Client, Watched>();
  let asking: Promise<void> | undefined;

  class WatchedClient extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      const now = performance.now();
      clients.set(this, { bytesRead: 0, heardAt: now, idleAt: now, sparedAt: now });
      this.once('end', () => clients.delete(this));
    }
  }

  function look(): void {
    const now = performance.now();
    for (const [client, watched] of clients) {
      const { bytesRead } = socketOf(client);
      if (bytesRead !== watched.bytesRead) Object.assign(watched, { bytesRead, heardAt: now });
      const { readyForQuery, processID } = stateSchema.parse(client);
      // How long connecting may take is for the pool to say.
      if (readyForQuery || processID === null) watched.idleAt = now;
    }
    const isSuspect = ([, watched]: [pg.Client, Watched]) =>
      now - Math.max(waitsSince(watched), watched.sparedAt) > patienceMs;
    if ([...clients].some(isSuspect)) asking ??= ask().finally(() => (asking = undefined));
  }

  async function ask(): Promise<void> {
    const isWorkedOn = await askServer(url);
    const now = performance.now();
    const isSpared = (client: pg.Client, watched: Watched) =>
      isWorkedOn(client) && now - waitsSince(watched) < statementMs + patienceMs;
    const suspects = [...clients].filter(
      ([client, watched]) =>
        now - waitsSince(watched) > patienceMs && socketOf(client).bytesRead === watched.bytesRead,
    );
    const silent = suspects.filter(([client, watched]) => !isSpared(client, watched));
    for (const [, watched] of suspects) watched.sparedAt = now;
    if (silent.length === 0) return;
    const silentSince = Math.min(...silent.map(([, watched]) => waitsSince(watched)));
    const error = new SilentConnectionError();
    for (const [client, watched] of clients) {
      if (watched.heardAt <= silentSince && !isSpared(client, watched)) socketOf(client).destroy(error);
    }
    onSilent(error);
  }

  const looking = setInterval(look, lookEveryMs).unref();
  return {
    Client: WatchedClient,
    close() {
      clearInterval(looking);
      for (const client of clients.keys()) socketOf(client).destroy();
    },
  };
}

const waitsSince = ({ heardAt, idleAt }: Watched) => Math.max(heardAt, idleAt);

function socketOf(client: pg.Client): Socket {
  return z.instanceof(Socket).parse(client.connection.stream);
}

/** @returns tells of a connection whether the server works on a statement of it. */
async function askServer(url: string): Promise<(client: pg.Client) => boolean> {
  const asker = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
  });
  asker.on('error', () => undefined);
  try {
    await asker.connect();
    // What it has ended just now may be on its way.
    const { rows } = await asker.query(
      `SELECT pid FROM pg_stat_activity WHERE state = 'active' OR state_change > now() - interval '1 second'`,
    );
    const working = new Set(
      z
        .array(z.object({ pid: z.number() }))
        .parse(rows)
        .map(({ pid }) => pid),
    );
    return (client) => working.has(stateSchema.parse(client).processID ?? 0);
  } catch (error) {
    // A refusal, such as one connection too many, is an answer too: it may work on any of them.
    return () => error instanceof pg.DatabaseError;
  } finally {
    socketOf(asker).destroy();
  }
}
