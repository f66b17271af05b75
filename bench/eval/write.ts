import pg from 'pg';
import { z } from 'zod';
import {
  BatchDocument,
  createClient,
  CreateBrandDocument,
  CreateCampaignDocument,
  expectResult,
  followBatch,
  listAll,
  PostsDocument,
  type CreateCampaignInput,
} from '../../client/index.ts';
import { startBatch } from '../support/batch.ts';
import { startBenchApp } from '../support/app.ts';
import type { Services } from '../support/services.ts';
import { evaluatedBrands } from './brands.ts';

/** The campaigns, by language. */
export const evaluatedCampaigns: Readonly<Record<string, string>> = {
  en: 'examples/fernway.en.json',
  de: 'examples/bergquell.de.json',
  ja: 'examples/tsukinoha.ja.json',
  fr: 'bench/eval/briefs/fr.json',
  es: 'bench/eval/briefs/es.json',
};

/** A batch, and what became of it. */
export type Written = {
  captions: string[];
  /** Posts in which the checks found something in the first answer, and in what stands. */
  foundBefore: number;
  foundAfter: number;
  /** US dollars. */
  cost: number;
  seconds: number;
};

const count = z.object({ count: z.coerce.number() });

/** Writes a batch of a campaign with the real process' parts. @param planning whether it is planned, or its posts are written one by one. */
export async function writeBatch(
  services: Services,
  campaign: CreateCampaignInput,
  { posts, timeScale, planning }: { posts: number; timeScale: number; planning: boolean },
): Promise<Written> {
  const fresh = await services.fresh();
  await using app = await startBenchApp({
    ...fresh,
    ...keysOfProviders(),
    PLANNING: planning ? 'on' : 'off',
    REWRITING: 'on',
    SIMULATOR_TIME_SCALE: String(timeScale),
  });
  const { url, token, run } = app;
  const brand = await run(CreateBrandDocument, {
    input: { name: campaign.brand, content: evaluatedBrands[campaign.language] ?? {} },
  });
  const brandId = expectResult(brand.createBrand, 'Brand').id;
  const { createCampaign } = await run(CreateCampaignDocument, { input: { ...campaign, brandId } });
  const campaignId = expectResult(createCampaign, 'Campaign').id;
  const batchId = await startBatch({ run, campaignId }, posts);
  for await (const event of followBatch({ url, token, batchId })) void event;
  const { batch } = await run(BatchDocument, { id: batchId });
  if (batch == null) throw new Error('the batch is gone');
  const written: string[] = [];
  const client = createClient({ url, token });
  for await (const post of listAll(client, PostsDocument, { filter: { batchId } }))
    written.push(post.caption ?? '');
  const { posts: found } = await run(PostsDocument, { filter: { batchId, hasFindings: true }, first: 100 });
  const { cost, elapsedSeconds: seconds } = batch;
  const foundBefore = await rewritten(fresh.DATABASE_URL);
  return { captions: written, foundBefore, foundAfter: found.edges.length, cost, seconds };
}

/** Each post with findings in its first answer is written once more. */
async function rewritten(databaseUrl: string): Promise<number> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query(
      `SELECT count(DISTINCT "subjectId") AS count FROM provider_calls WHERE step LIKE '%:rewrite'`,
    );
    return count.parse(rows[0]).count;
  } finally {
    await client.end();
  }
}

/** With a key of one's own the real models write. */
function keysOfProviders(): Record<string, string> {
  const names = ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'TEXT_MODEL', 'IMAGE_MODEL'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
