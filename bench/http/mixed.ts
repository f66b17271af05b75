import { z } from 'zod';
import { toGlobalId } from '../../src/domain/ids.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createRandom } from '../../test/chaos/support/random.ts';
import { round, type Target } from '../support/report.ts';
import { seedCampaigns } from './sides/seed.ts';

const campaignCount = 2_000;
const hotCount = 200;
const shareOfWrites = 0.1;
const clients = 16;

const read = `query Campaign($id: ID!) {
  campaign(id: $id) { id name brand description tone targetAudience language channel status updatedAt }
}`;
const write = `mutation Rename($id: ID!, $name: String!) {
  updateCampaign(input: { campaignId: $id, name: $name }) { ... on Campaign { id name } ... on Error { code } }
}`;
const answerSchema = z.object({
  data: z
    .object({ campaign: z.object({ id: z.string(), name: z.string() }) })
    .or(z.object({ updateCampaign: z.object({ id: z.string(), name: z.string() }) })),
});

/** The names of one campaign: they are numbered, and one is written at a time. */
type Names = { id: string; begun: number; written: number };

/**
 * How many reads of a mixed workload are answered from the cache. Nine of ten requests read one of 200 campaigns, the tenth renames one of
 * all 2,000 of the account. Only what comes after a warm-up is counted; a read is a hit where its answer says so. Each read has to tell a name that
 * is at least as new as the last one that was written before it was sent.
 *
 * @param target.ownerId the row of the workspace that the token is for.
 */
export async function measureMixed(
  target: { url: string; token: string; databaseUrl: string; ownerId: string },
  { warmUpMs, ms }: { warmUpMs: number; ms: number },
): Promise<Target[]> {
  const all: Names[] = (await writeCampaigns(target)).map((id) => ({ id, begun: 0, written: 0 }));
  const random = createRandom(1);
  const counts = { hits: 0, reads: 0, writes: 0, wrong: 0 };
  const startedAt = performance.now();
  const endsAt = startedAt + warmUpMs + ms;

  async function send(query: string, variables: object) {
    const response = await fetch(`${target.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${target.token}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data } = answerSchema.parse(await response.json());
    const told = 'campaign' in data ? data.campaign : data.updateCampaign;
    return { ...told, isHit: response.headers.get('x-cache') === 'HIT' };
  }

  async function rename(names: Names): Promise<void> {
    const number = (names.begun += 1);
    const { id, name } = await send(write, { id: names.id, name: `Name ${number}` });
    if (id !== names.id || name !== `Name ${number}`) counts.wrong += 1;
    names.written = number;
  }

  async function look(names: Names): Promise<boolean> {
    const oldest = names.written;
    const { id, name, isHit } = await send(read, { id: names.id });
    // Before its first change a campaign has the name that it was written with.
    const number = name.startsWith('Campaign ') ? 0 : Number(name.slice('Name '.length));
    if (id !== names.id || !(number >= oldest && number <= names.begun)) counts.wrong += 1;
    return isHit;
  }

  async function work(): Promise<void> {
    for (let now = performance.now(); now < endsAt; now = performance.now()) {
      const isWrite = random() < shareOfWrites;
      const names = all[Math.floor(random() * (isWrite ? campaignCount : hotCount))];
      if (names === undefined || (isWrite && names.begun > names.written)) continue;
      const isCounted = now >= startedAt + warmUpMs;
      if (isWrite) {
        await rename(names);
        if (isCounted) counts.writes += 1;
      } else {
        const isHit = await look(names);
        if (!isCounted) continue;
        counts.reads += 1;
        if (isHit) counts.hits += 1;
      }
    }
  }

  await Promise.all(Array.from({ length: clients }, work));
  const { hits, reads, writes, wrong } = counts;
  process.stdout.write(
    `mixed: ${hits} of ${reads} reads were hits, beside ${writes} writes; ${wrong} wrong\n`,
  );
  return [
    { name: 'mixed, hits of all reads', value: round(hits / reads, 3), target: 0.9, better: 'higher' },
    { name: 'mixed, old or wrong answers', value: wrong, target: 0, better: 'lower' },
  ];
}

/** @returns global ids. */
async function writeCampaigns(target: { databaseUrl: string; ownerId: string }): Promise<string[]> {
  const { databaseUrl, ownerId } = target;
  const database = await openDatabase({ databaseUrl, dataDir: '' }, createLogger('warn'));
  try {
    const wanted = { ownerId, count: campaignCount, age: '1 year' };
    return (await seedCampaigns(database.prisma, wanted)).map((id) => toGlobalId('Campaign', id));
  } finally {
    await database.close();
  }
}
