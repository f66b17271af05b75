import { expect, inject, it } from 'vitest';
import { withPostgres } from '../support/services/postgres-client.ts';
import { createMigratedDatabase } from '../support/migrated-database.ts';
import { createCampaign, signUp, startBatch, startTestApp } from '../support/app.ts';
import { readStrictly } from '../support/strict-reader.ts';
import { waitUntil } from '../support/services/wait-until.ts';

/** @returns a function that ends all connections of the database, as an administrator or a restart does. */
const terminator = (url: string) => () =>
  withPostgres(url, (client) =>
    client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    ),
  );

it('while PostgreSQL ends connections, no reader is told an error in the place of an event, or misses one', async () => {
  const databaseUrl = await createMigratedDatabase(inject('postgresUrl'));
  await using app = await startTestApp({ DATABASE_URL: databaseUrl, POST_SLOTS: '4' });
  const account = await signUp(app);
  app.simulator.control.setLatency({
    captionLatencyMs: { p05: 5_000, p95: 20_000 },
    imageLatencyMs: { p05: 5_000, p95: 20_000 },
  });
  const postCount = 60;
  const batchId = await startBatch(account, { campaignId: await createCampaign(account), postCount });
  const { token } = account;
  const signal = AbortSignal.timeout(600_000);
  const readers = Array.from({ length: 16 }, (_, index) =>
    readStrictly({
      url: () => app.url,
      token,
      batchId,
      transport: index % 2 === 0 ? 'websocket' : 'sse',
      signal,
    }),
  );
  const terminate = terminator(databaseUrl);
  const slowest = () => Math.min(...readers.map(({ reading }) => reading.told.length));
  for (let from = slowest(); from < postCount - 10; from = slowest()) {
    await terminate();
    await waitUntil('the slowest reader to be told more', () => slowest() > from);
  }
  await Promise.all(readers.map(({ done }) => done));
  const readings = readers.map(({ reading }) => reading);
  expect(readings.flatMap(({ errors }) => errors)).toEqual([]);
  const all = Array.from({ length: postCount + 2 }, (_, index) => index + 1);
  for (const { told } of readings) expect(told).toEqual(all);
  const ends = readings.flatMap((reading) => reading.ends);
  expect(ends.filter((code) => code !== 'SERVICE_UNAVAILABLE' && code !== 'HTTP 503')).toEqual([]);
}, 600_000);
