import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/**
 * Lends a connection of its own to `work` and closes it afterwards.
 *
 * @param patienceMs how long the connection or an answer may take. Then it rejects rather than hang.
 */
export async function withPostgres<T>(
  url: string,
  work: (client: Client) => Promise<T>,
  patienceMs = 60_000,
): Promise<T> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
  });
  // The server may end the connection at any time; what then waits for it is rejected anyway.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Creates a database with a name of its own on the server of `serverUrl` and returns its url.
 *
 * @param template the database that it is a copy of; PostgreSQL's own, which is empty, by default.
 */
export async function createDatabase(serverUrl: string, template = 'template1'): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withPostgres(serverUrl, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
