import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { instanceProcesses } from '../support/services/instance-folder.ts';
import { withPostgres } from '../support/services/postgres-client.ts';
import { startPostgres } from '../support/services/postgres.ts';

async function count(url: string): Promise<unknown> {
  const { rows } = await withPostgres(url, (client) => client.query('SELECT count(*)::int AS n FROM notes'));
  return rows;
}

async function connected(url: string): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

describe('a private Postgres', () => {
  it('gives a fresh database per call', async () => {
    await using postgres = await startPostgres();
    const [first, second] = await Promise.all([postgres.createDatabase(), postgres.createDatabase()]);
    await withPostgres(first, (client) => client.query('CREATE TABLE notes (id int)'));
    expect(await count(first)).toEqual([{ n: 0 }]);
    await expect(count(second)).rejects.toThrow('relation "notes" does not exist');
  });

  it('keeps its data over a restart', async () => {
    await using postgres = await startPostgres();
    const url = await postgres.createDatabase();
    await withPostgres(url, (client) => client.query('CREATE TABLE notes AS SELECT generate_series(1, 5)'));
    await postgres.restart();
    expect(await count(url)).toEqual([{ n: 5 }]);
  });

  it('recovers what was committed after an immediate stop', async () => {
    await using postgres = await startPostgres();
    const url = await postgres.createDatabase();
    await withPostgres(url, (client) => client.query('CREATE TABLE notes AS SELECT generate_series(1, 5)'));
    await postgres.stop('immediate');
    await expect(count(url)).rejects.toThrow('ECONNREFUSED');
    await postgres.restart();
    expect(await count(url)).toEqual([{ n: 5 }]);
    const log = await readFile(join(postgres.folder, 'server.log'), 'utf8');
    expect(log).toContain('automatic recovery in progress');
  });

  it('lets queries hang while it is paused and finish when it goes on', async () => {
    await using postgres = await startPostgres();
    await using client = await connected(postgres.url);
    await postgres.pause();
    let answered = false;
    const answer = client.query('SELECT 1 AS one').then(({ rows }) => {
      answered = true;
      return rows;
    });
    const another = withPostgres(postgres.url, (other) => other.query('SELECT 1'), 1_000);
    await expect(another).rejects.toThrow('timeout');
    expect(answered).toBe(false);
    await postgres.resume();
    expect(await answer).toEqual([{ one: 1 }]);
  });

  it('stops though it is paused', async () => {
    await using postgres = await startPostgres();
    await postgres.pause();
    await postgres.stop();
    expect(instanceProcesses(postgres.folder)).toEqual([]);
  });

  it('cuts its clients off when its backends are terminated', async () => {
    await using postgres = await startPostgres();
    await using first = await connected(postgres.url);
    await using second = await connected(postgres.url);
    const ended = Promise.all([first, second].map((client) => new Promise((end) => client.once('end', end))));
    expect(await postgres.terminateBackends()).toBe(2);
    await ended;
    await withPostgres(postgres.url, (client) => client.query('SELECT 1'));
  });

  it('commits synchronously and takes 200 connections', async () => {
    await using postgres = await startPostgres();
    const { rows } = await withPostgres(postgres.url, (client) =>
      client.query(
        `SELECT current_setting('synchronous_commit') AS s, current_setting('max_connections') AS m`,
      ),
    );
    expect(rows).toEqual([{ s: 'on', m: '200' }]);
  });

  it('leaves nothing behind when it is disposed of', async () => {
    const postgres = await startPostgres();
    await postgres[Symbol.asyncDispose]();
    expect(instanceProcesses(postgres.folder)).toEqual([]);
    expect(existsSync(postgres.folder)).toBe(false);
  });

  it('shows the end of its log when it does not start', async () => {
    await expect(startPostgres({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
      /Postgres ended before it answered.*invalid value for parameter "shared_buffers": "plenty"/s,
    );
  });
});
