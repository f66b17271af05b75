import pg from 'pg';
import { z } from 'zod';
import {
  CreateBrandDocument,
  CreateCampaignDocument,
  expectResult,
  followBatch,
  StartBatchDocument,
  type CreateCampaignInput,
  type StartBatchInput,
} from '../../client/index.ts';
import type { BrandContentInput } from '../../client/generated/graphql.ts';
import type { FaultRule } from '../../src/simulator/behaviour/faults.ts';
import { createSimulator } from '../../src/simulator/server.ts';
import { startBenchApp } from '../support/app.ts';
import type { Services } from '../support/services.ts';

/** A batch that was ordered, and when its first post was stored. */
export type Ordered = { firstPostSeconds: number; seconds: number };

const limits = { requestsPerMinute: 100_000, tokensPerMinute: 100_000_000, imagesPerMinute: 5_000 };

/** Starts Pressrun on a fresh database, with a simulator in this process that says what it planted. */
export async function openWorld(
  services: Services,
  {
    timeScale,
    settings,
    faults,
  }: { timeScale: number; settings: Record<string, string>; faults: FaultRule[] },
) {
  const opened = new AsyncDisposableStack();
  const fresh = await services.fresh();
  const simulator = createSimulator({ seed: 1, timeScale, limits });
  const { url: baseUrl } = await simulator.start();
  opened.defer(() => simulator.stop());
  simulator.control.setFaults(faults);
  const app = opened.use(
    await startBenchApp({
      ...fresh,
      OPENAI_API_KEY: 'simulated',
      OPENAI_BASE_URL: baseUrl,
      REQUESTS_PER_MINUTE: String(limits.requestsPerMinute),
      TOKENS_PER_MINUTE: String(limits.tokensPerMinute),
      IMAGES_PER_MINUTE: String(limits.imagesPerMinute),
      ...settings,
    }),
  );
  const { url, token, run } = app;
  const client = new pg.Client(fresh.DATABASE_URL);
  await client.connect();
  opened.defer(() => client.end());
  return {
    violations: () => simulator.control.violations().violations,
    /** Rows of the database, as this schema parses them. */
    async rows<T>(schema: z.ZodType<T>, sql: string): Promise<T[]> {
      const { rows } = await client.query(sql);
      return z.array(schema).parse(rows);
    },
    /** Orders a batch and follows it to its end. */
    async order(
      campaign: CreateCampaignInput,
      input: Omit<StartBatchInput, 'campaignId'>,
      content: BrandContentInput = {},
    ): Promise<Ordered> {
      const brand = await run(CreateBrandDocument, { input: { name: campaign.brand, content } });
      const brandId = expectResult(brand.createBrand, 'Brand').id;
      const { createCampaign } = await run(CreateCampaignDocument, { input: { ...campaign, brandId } });
      const campaignId = expectResult(createCampaign, 'Campaign').id;
      const startedAtMs = performance.now();
      const since = () => (performance.now() - startedAtMs) / 1_000;
      const { startBatch } = await run(StartBatchDocument, { input: { ...input, campaignId } });
      const batchId = expectResult(startBatch, 'Batch').id;
      let firstPostSeconds: number | undefined;
      for await (const { __typename } of followBatch({ url, token, batchId })) {
        if (__typename === 'PostCompletedEvent') firstPostSeconds ??= since();
      }
      return { firstPostSeconds: firstPostSeconds ?? Number.NaN, seconds: since() };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;

const amount = z.object({ amount: z.coerce.number() });

/** @returns what all calls have cost, in US dollars. */
export async function costOf(world: World): Promise<number> {
  const [row] = await world.rows(
    amount,
    `SELECT coalesce(sum("costMicros"), 0) / 1000000.0 AS amount FROM provider_calls`,
  );
  return row?.amount ?? Number.NaN;
}

/** @returns how many calls of the steps that a LIKE pattern names were paid. */
export async function paidCalls(world: World, pattern: string): Promise<number> {
  const [row] = await world.rows(
    amount,
    `SELECT count(*) AS amount FROM provider_calls WHERE "costMicros" > 0 AND step LIKE '${pattern}'`,
  );
  return row?.amount ?? Number.NaN;
}
