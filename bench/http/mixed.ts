import pg from 'pg';
import { z } from 'zod';
import { toGlobalId } from '../../src/domain/ids.ts';
import { createRandom } from '../../test/chaos/support/random.ts';

/** What the mixed workload came to. */
export type Mixed = { hits: number; reads: number; writes: number };

const campaignCount = 2_000;
const hotCount = 200;
const shareOfWrites = 0.1;
const clients = 16;

const read = `query Campaign($id: ID!) {
  campaign(id: $id) { id name brand description tone targetAudience language channel status updatedAt }
}`;
const write = `mutation Rename($id: ID!, $name: String!) {
  updateCampaign(input: { campaignId: $id, name: $name }) { ... on Campaign { id } ... on Error { code } }
}`;
const answerSchema = z.object({ data: z.record(z.string(), z.object({ id: z.string() })) });

/**
 * Nine of ten requests read one of 200 campaigns, the tenth renames one of all 2,000 of the account. Only what comes after a warm-up is
 * counted; a read is a hit where its answer says so.
 *
 * @param ownerId the row of the account that the token belongs to.
 */
export async function runMixed(
  target: { url: string; token: string; databaseUrl: string; ownerId: string },
  { warmUpMs, ms }: { warmUpMs: number; ms: number },
): Promise<Mixed> {
  const ids = await writeCampaigns(target.databaseUrl, target.ownerId);
  const random = createRandom(1);
  const counts: Mixed = { hits: 0, reads: 0, writes: 0 };
  const startedAt = performance.now();
  const endsAt = startedAt + warmUpMs + ms;

  async function send(query: string, variables: object): Promise<string | null> {
    const response = await fetch(`${target.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${target.token}` },
      body: JSON.stringify({ query, variables }),
    });
    answerSchema.parse(await response.json());
    return response.headers.get('x-cache');
  }

  async function work(): Promise<void> {
    for (let now = performance.now(); now < endsAt; now = performance.now()) {
      const isWrite = random() < shareOfWrites;
      const id = ids[Math.floor(random() * (isWrite ? campaignCount : hotCount))];
      const outcome = isWrite ? await send(write, { id, name: `Name ${now}` }) : await send(read, { id });
      if (now < startedAt + warmUpMs) continue;
      if (isWrite) counts.writes += 1;
      else counts.reads += 1;
      if (outcome === 'HIT') counts.hits += 1;
    }
  }

  await Promise.all(Array.from({ length: clients }, work));
  return counts;
}

async function writeCampaigns(databaseUrl: string, ownerId: string): Promise<string[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO campaigns (id, "ownerId", name, brand, description, tone, "targetAudience", language, channel, "createdAt", "updatedAt")
       SELECT gen_random_uuid(), $1, 'Campaign ' || n, 'Alpenglow Coffee', 'A light roast from small farms.', 'FRIENDLY',
              'City people who cycle to work', 'en', 'INSTAGRAM', now() - interval '1 year', now()
       FROM generate_series(1, $2::int) AS n RETURNING id`,
      [ownerId, campaignCount],
    );
    return rows.map(({ id }) => toGlobalId('Campaign', id));
  } finally {
    await client.end();
  }
}
