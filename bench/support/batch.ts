import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { expectResult, StartBatchDocument } from '../../client/index.ts';
import { clockMs } from './child.ts';
import type { Account } from './app.ts';

const progress = z.object({ status: z.string(), done: z.number(), failed: z.number() });

/** Starts a batch through the API and returns its global id. */
export async function startBatch(
  { run, campaignId }: Pick<Account, 'run' | 'campaignId'>,
  postCount: number,
): Promise<string> {
  const { startBatch: started } = await run(StartBatchDocument, { input: { campaignId, postCount } });
  return expectResult(started, 'Batch').id;
}

/**
 * Starts a batch and waits for its last row, looking every few milliseconds from a connection of its own.
 *
 * @param onProgress hears how many posts are final.
 * @throws Error where the batch is paused or cancelled: it would never end.
 */
export async function runBatch(
  app: Account,
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
      if (status !== 'RUNNING') throw new Error(`the batch is ${status} after ${done} posts`);
      await onProgress(done);
      await delay(5);
    }
  } finally {
    await client.end();
  }
}
