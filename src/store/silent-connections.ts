import { Socket } from 'node:net';
import pg from 'pg';
import { z } from 'zod';

/** A connection that waits this long is suspect: the server is asked whether it works on its statement. */
const suspectAfterMs = 2_500;
const lookEveryMs = 500;
/** How long that question may take, its new connection included. */
const answerWithinMs = 2_000;

/** The network lost a connection without telling either end. */
class SilentConnectionError extends Error {
  override readonly name = 'SilentConnectionError';

  constructor() {
    super('The connection went silent');
  }
}

export type ConnectionWatch = {
  /** To be used by pools and listeners whose connections are watched. */
  Client: typeof pg.Client;
  /** Stops watching and ends all connections. */
  close(): void;
};

/** Timestamps of `performance.now()`. `sparedAt`: when the server last confirmed to work on its statement. */
type Watched = { bytesRead: number; heardAt: number; idleAt: number; sparedAt: number };

/**
 * Options of watched connections. The server ends its side of a lost connection within 11 s, so that it has room for new
 * ones.
 */
export const keepaliveOptions =
  '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3';

/** Fields of a `pg` client that its types leave out. */
const stateSchema = z.object({ readyForQuery: z.boolean().default(true), processID: z.number().nullable() });

/**
 * Ends silent connections to PostgreSQL within 5 s, without limiting how long statements take. When a connection has waited
 * for 2.5 s, a new connection asks the server which statements it works on. A waiting connection is silent if
 * - the server does not work on its statement, or it has received nothing since another one went silent,
 * - or the server does not answer the question,
 * - or the server refuses the new connection and the wait is longer than any statement may take.
 *
 * @param url PostgreSQL's own address. A pooler would hide the server's processes.
 * @param statementMs the server's own statement timeout.
 * @param onSilent called once for all connections that are ended together.
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
      // While it connects, the pool's timeout applies.
      if (readyForQuery || processID === null) watched.idleAt = now;
    }
    const isSuspect = ([, watched]: [pg.Client, Watched]) =>
      now - Math.max(waitsSince(watched), watched.sparedAt) > suspectAfterMs;
    if ([...clients].some(isSuspect)) asking ??= ask().finally(() => (asking = undefined));
  }

  async function ask(): Promise<void> {
    const isWorkedOn = await askServer(url);
    const now = performance.now();
    const isSpared = (client: pg.Client, watched: Watched) =>
      isWorkedOn(client) && now - waitsSince(watched) < statementMs + suspectAfterMs;
    const suspects = [...clients].filter(
      ([client, watched]) =>
        now - waitsSince(watched) > suspectAfterMs && socketOf(client).bytesRead === watched.bytesRead,
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

/** @returns a function that says whether the server works on a statement of a connection. */
async function askServer(url: string): Promise<(client: pg.Client) => boolean> {
  const asker = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
  });
  asker.on('error', () => undefined);
  try {
    await asker.connect();
    // The answer to a statement that has just ended may still be in flight.
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
    // A refusal, such as for too many connections, is an answer too: the server may work on any statement.
    return () => error instanceof pg.DatabaseError;
  } finally {
    socketOf(asker).destroy();
  }
}
