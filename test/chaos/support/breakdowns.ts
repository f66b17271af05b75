import { rm, writeFile } from 'node:fs/promises';
import { Client } from 'pg';
import { waitUntil } from '../../support/services/wait-until.ts';
import { withPostgres } from '../../support/services/postgres-client.ts';
import type { ProxiedStage } from './proxied-stage.ts';

/** Something that breaks underneath. */
export type Breakdown = {
  name: string;
  /** What readiness has to say while it is so; undefined where either is right. */
  isReady: boolean | undefined;
  /** Breaks it. @returns how to mend it; undefined where it mends itself. */
  strike(stage: ProxiedStage): Promise<(() => Promise<void>) | undefined>;
};

export const breakdowns: readonly Breakdown[] = [
  {
    name: 'Redis stopped',
    isReady: false,
    async strike({ redis }) {
      await redis.stop();
      return () => redis.restart();
    },
  },
  {
    name: 'Redis flushed',
    isReady: undefined,
    async strike({ redis }) {
      await redis.flush();
      return undefined;
    },
  },
  {
    name: 'Redis hung',
    isReady: false,
    async strike({ redis }) {
      await redis.pause();
      return () => redis.resume();
    },
  },
  {
    name: 'PostgreSQL restarted',
    isReady: undefined,
    async strike({ postgres }) {
      await postgres.restart('fast');
      return undefined;
    },
  },
  {
    name: 'connections to PostgreSQL silent',
    isReady: undefined,
    async strike({ postgresProxy }) {
      postgresProxy.stall();
      return undefined;
    },
  },
  {
    name: 'PostgreSQL unreachable and silent',
    isReady: false,
    async strike({ postgresProxy }) {
      postgresProxy.stall(true);
      return async () => postgresProxy.heal();
    },
  },
  {
    name: 'connections to Redis silent',
    isReady: undefined,
    async strike({ redisProxy }) {
      redisProxy.stall();
      return undefined;
    },
  },
  {
    name: 'backends terminated',
    isReady: undefined,
    async strike({ postgres }) {
      await postgres.terminateBackends();
      return undefined;
    },
  },
  {
    name: 'connection limit reached',
    isReady: false,
    async strike(stage) {
      const taken: Client[] = [];
      const over = new AbortController();
      const take = async () => {
        while (!over.signal.aborted) {
          const client = new Client({ connectionString: stage.postgres.url, connectionTimeoutMillis: 2_000 });
          client.on('error', () => undefined);
          try {
            await client.connect();
            taken.push(client);
          } catch {
            await endPressrun(stage, taken).catch(() => undefined);
          }
        }
      };
      const taking = Promise.all([take(), take()]);
      // Before that there is no limit that Pressrun meets.
      await waitUntil('all connections to be taken', async () => {
        const found = await taken[0]?.query('SELECT 1 FROM pg_stat_activity WHERE datname = $1', [
          nameOf(stage.databaseUrl),
        ]);
        return found?.rowCount === 0;
      });
      return async () => {
        over.abort();
        await taking;
        await Promise.all(taken.map((client) => client.end().catch(() => undefined)));
      };
    },
  },
  {
    name: 'read-only',
    isReady: false,
    async strike({ postgres, databaseUrl }) {
      const set = (value: string) =>
        withPostgres(postgres.url, async (client) => {
          const name = nameOf(databaseUrl);
          await client.query(`ALTER DATABASE ${name} ${value}`);
          await client.query(endConnections, [name]);
        });
      await set('SET default_transaction_read_only = on');
      return () => set('RESET default_transaction_read_only');
    },
  },
  {
    name: 'disk full',
    isReady: false,
    async strike({ disk }) {
      if (disk === undefined) return undefined;
      const filler = `${disk.folder}/filler`;
      // As much as there is room for, to the last page.
      for (const bytes of [1024 * 1024, 4096]) {
        for (;;) {
          const isIn = await writeFile(filler, Buffer.alloc(bytes, 1), { flag: 'a' }).then(
            () => true,
            () => false,
          );
          if (!isIn) break;
        }
      }
      return () => rm(filler);
    },
  },
  {
    name: 'posts locked',
    isReady: undefined,
    async strike({ databaseUrl }) {
      const holder = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 2_000 });
      holder.on('error', () => undefined);
      await holder.connect();
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE posts');
      return () => holder.end();
    },
  },
];

const endConnections = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`;

/** The limit is met by who connects anew. */
async function endPressrun({ databaseUrl }: ProxiedStage, taken: readonly Client[]): Promise<void> {
  await taken[0]?.query(endConnections, [nameOf(databaseUrl)]);
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}
