import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { startApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { toGlobalId } from '../src/domain/ids.ts';
import { openAssets } from '../src/store/assets.ts';
import { openDatabase } from '../src/store/database.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { createClient, RegisterDocument } from '../client/index.ts';
import { printTargets, round } from './support/report.ts';

/** How much memory an export takes at its peak, by the number of posts: it should not depend on it. */

const sizes = [1_000, 10_000] as const;
/** About what a small picture weighs; each has its own bytes, so none is read twice. */
const pictureBytes = 64 * 1024;

const dataDir = await mkdtemp(`${tmpdir()}/pressrun-bench-`);
const settings = { PORT: '0', DATA_DIR: dataDir };
const config = readConfig(settings);
const logger = createLogger('warn');

let app = await startApp(config, logger);
const { register } = await createClient({ url: `${app.url}/graphql` }).run(RegisterDocument, {
  input: { email: 'bench@example.com', password: 'correct horse' },
});
if (register.__typename !== 'Login') throw new Error(`register answered ${register.__typename}`);
const token = register.accessToken;
await app.stop();

const batches = await seed();
app = await startApp(config, logger);

/** @returns the highest resident memory while the export was read, above what it was before, in MB. */
async function peakOf(batchId: string, format: string): Promise<{ peakMb: number; megabytes: number }> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  let bytes = 0;
  const response = await fetch(`${app.url}/export/batches/${toGlobalId('Batch', batchId)}.${format}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (response.body === null) throw new Error('the export has no body');
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  return { peakMb: round((peak - before) / 1e6, 1), megabytes: round(bytes / 1e6, 1) };
}

const targets = [];
for (const format of ['csv', 'jsonl', 'zip']) {
  for (const [place, size] of sizes.entries()) {
    const batchId = batches[place] ?? '';
    await peakOf(batchId, format);
    const { peakMb, megabytes } = await peakOf(batchId, format);
    process.stdout.write(`${format}, ${size} posts, ${megabytes} MB: peak +${peakMb} MB of memory\n`);
    if (size === 10_000) {
      targets.push({ name: `${format}_peak_mb`, value: peakMb, target: 100, better: 'lower' as const });
    }
  }
}
await app.stop();
await rm(dataDir, { recursive: true, force: true });
printTargets('export', targets);

async function seed(): Promise<string[]> {
  const database = await openDatabase(config, logger);
  const assets = await openAssets({ folder: `${dataDir}/assets`, s3: undefined, baseUrl: undefined });
  const user = await database.prisma.user.findFirstOrThrow();
  const campaign = await database.prisma.campaign.create({
    data: {
      ownerId: user.id,
      name: 'Benchmark',
      brand: 'Alpenglow Coffee',
      description: 'A light roast.',
      tone: 'FRIENDLY',
      targetAudience: 'everybody',
      language: 'en',
      channel: 'INSTAGRAM',
    },
  });
  const owned = { ownerId: user.id, campaignId: campaign.id };
  const ids = [];
  for (const postCount of sizes) {
    const batchId = randomUUIDv7();
    ids.push(batchId);
    await database.prisma.batch.create({
      data: { ...owned, id: batchId, postCount, completedCount: postCount, status: 'COMPLETED' },
    });
    for (let start = 0; start < postCount; start += 500) {
      const posts = Array.from({ length: 500 }, async (_, place) => ({
        ...owned,
        batchId,
        position: start + place + 1,
        status: 'COMPLETED' as const,
        caption: 'A caption of a usual length. '.repeat(12),
        hashtags: ['#coffee', '#bike', '#spring'],
        imageKey: await assets.put(Buffer.alloc(pictureBytes, `${batchId} ${start + place}`)),
        targetAudience: 'everybody',
        jobId: randomUUID(),
      }));
      await database.prisma.post.createMany({ data: await Promise.all(posts) });
    }
  }
  await database.close();
  return ids;
}
