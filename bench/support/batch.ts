import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { StartBatchDocument } from '../../client/generated/graphql.ts';
import { clockMs } from './child.ts';
import type { startBenchApp } from './app.ts';

type BenchApp = Awaited<ReturnType<typeof startBenchApp>>;

const progress = z.object({ status: z.string(), done: z.number(), failed: z.number() });

/** Starts a batch through the API and returns the id of its row. */
export async function startBatch(app: BenchApp, postCount: number): Promise<string> {
  const { startBatch: started } = await app.run(StartBatchDocument, {
    input: { campaignId: app.campaignId, postCount },
  });
  if (started.__typename !== 'Batch') throw new Error(`startBatch answered ${started.__typename}`);
  return started.id;
}

/**
 * Starts a batch and waits for its last row, looking every few milliseconds from a connection of its own.
 *
 * @param onProgress hears how many posts are final.
 */
export async function runBatch(
  app: BenchApp,
  databaseUrl: string,
  postCount: number,
  onProgress: (final: number) => Promise<void> | void = () => undefined,
): Promise<{ startedAtMs: number; elapsedMs: number; failed: number }> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const startedAtMs = clockMs();
    await startBatch(app, postCount);
    for (;;) {
      const { rows } = await client.query(
        `SELECT status, "completedCount" + "failedCount" AS done, "failedCount" AS failed
         FROM batches ORDER BY id DESC LIMIT 1`,
      );
      const { status, done, failed } = progress.parse(rows[0]);
      if (status === 'COMPLETED') return { startedAtMs, elapsedMs: clockMs() - startedAtMs, failed };
      await onProgress(done);
      await delay(5);
    }
  } finally {
    await client.end();
  }
}
