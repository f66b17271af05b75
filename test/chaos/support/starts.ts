import { cpSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { Client } from 'pg';
import { openDatabase } from '../../../src/store/database.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import type { Home } from '../../support/e2e/home.ts';
import type { PostgresInstance } from '../../support/services/postgres.ts';
import { faultOf, seedEarlierDatabase } from './earlier-database.ts';

/** A kind of database, of which there are as many fresh ones as are wanted. */
export type Source = {
  name: string;
  /** Makes a fresh one. */
  create(): Promise<Candidate>;
};

export type Candidate = {
  /** Settings that make Pressrun use it. */
  settings: Record<string, string>;
  /** What is wrong with it once it was started, while nobody uses it. */
  fault(): Promise<string | undefined>;
  drop(): Promise<void>;
};

/** @param posts of an earlier version that wait for migrations in it; 0: it is empty, and the start the first one. */
export async function embeddedSource(home: Home, posts: number): Promise<Source> {
  const seed = join(home.folder, 'seed');
  if (posts > 0) {
    await mkdir(seed);
    const pglite = await PGlite.create(join(seed, 'postgres'), { extensions: { pg_trgm } });
    await seedEarlierDatabase(
      {
        execute: (script) => pglite.exec(script),
        query: async (text, values) => (await pglite.query(text, [...values])).rows,
      },
      posts,
    );
    await pglite.close();
  }
  let count = 0;
  return {
    name: `embedded, ${posts === 0 ? 'first start' : `${posts} posts migrated`}`,
    async create() {
      count += 1;
      const dataDir = join(home.folder, `data-${posts}-${count}`);
      if (posts > 0) cpSync(seed, dataDir, { recursive: true });
      return {
        settings: { DATA_DIR: dataDir },
        fault: () => faultIn({ databaseUrl: undefined, dataDir }, posts),
        drop: () => rm(dataDir, { recursive: true }),
      };
    },
  };
}

/** The same on PostgreSQL. */
export async function postgresSource(postgres: PostgresInstance, posts: number): Promise<Source> {
  const seed = new URL(await postgres.createDatabase());
  if (posts > 0) {
    await withClient(seed.href, (client) =>
      seedEarlierDatabase(
        {
          execute: (script) => client.query(script),
          query: async (text, values) => (await client.query(text, [...values])).rows,
        },
        posts,
      ),
    );
  }
  let count = 0;
  return {
    name: `PostgreSQL, ${posts === 0 ? 'first start' : `${posts} posts migrated`}`,
    async create() {
      count += 1;
      const url = new URL(seed);
      url.pathname += `_${count}`;
      const copy = `CREATE DATABASE ${url.pathname.slice(1)} TEMPLATE ${seed.pathname.slice(1)} STRATEGY file_copy`;
      const run = (text: string) => withClient(postgres.url, (client) => client.query(text));
      await run(copy);
      return {
        settings: { DATABASE_URL: url.href },
        fault: () => faultIn({ databaseUrl: url.href, dataDir: '' }, posts),
        drop: async () => {
          await run(`DROP DATABASE ${url.pathname.slice(1)} WITH (FORCE)`);
        },
      };
    },
  };
}

/** Lends a connection whose statements may take minutes. */
async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, query_timeout: 600_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function faultIn(
  settings: Parameters<typeof openDatabase>[0],
  posts: number,
): Promise<string | undefined> {
  const database = await openDatabase(settings, createLogger('silent'));
  try {
    return await faultOf((text) => database.query(text, []), posts);
  } finally {
    await database.close();
  }
}
