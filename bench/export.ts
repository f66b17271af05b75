import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { commandLine, wholeNumber } from '../src/command-line.ts';
import { fromGlobalId, toGlobalId } from '../src/domain/ids.ts';
import { openAssets } from '../src/store/assets.ts';
import { openDatabase } from '../src/store/database.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { openAccount } from './support/app.ts';
import { startPressrun } from './support/pressrun.ts';
import { peakMbOf, residentMbOf, resetPeakOf } from './support/process-usage.ts';
import { printTargets, quantile, round, spread, type Target } from './support/report.ts';
import { startServices } from './support/services.ts';

const { quick, rounds } = commandLine('npm run bench:export')
  .description(
    `How much memory an export takes at its peak, by the number of posts: past a thousand or so it should not depend on it. On a
private PostgreSQL (fsync=off) and Redis; each export is read from a process that has sent one of the small batch before. Linux
only: the peak is the kernel's own figure, set back before each export.`,
  )
  .option('--quick', '2000 and 4000 posts instead of 10000 and 20000', false)
  .option('--rounds <n>', 'exports of each size and format', wholeNumber(1), 3)
  .parse()
  .opts();

const smallSize = 1_000;
const sizes = quick ? ([2_000, 4_000] as const) : ([10_000, 20_000] as const);
/** Each picture has its own bytes, so none is read twice. */
const pictureBytes = 32 * 1024;

const dataDir = await mkdtemp(`${tmpdir()}/pressrun-bench-`);
const secret = randomBytes(48).toString('hex');
await using services = await startServices();
const settings = { DATA_DIR: dataDir, JWT_SECRET: secret, ...(await services.fresh()) };
const first = await startPressrun(settings);
const { token, workspaceId, campaignId } = await openAccount(`${first.url}/graphql`, 'bench@example.com');
await first[Symbol.asyncDispose]();
const [small, ...large] = await seed();

const targets: Target[] = [];
for (const format of ['csv', 'jsonl', 'zip']) {
  const peaks = sizes.map(() => new Array<number>());
  for (let count = 0; count < rounds; count += 1) {
    for (const [index, batchId] of large.entries()) peaks[index]?.push(await measure(batchId, format));
  }
  for (const [index, size] of sizes.entries()) {
    process.stdout.write(`${format}, ${size} posts: ${spread(peaks[index] ?? [], 1)} MB at the peak\n`);
  }
  const [one = Number.NaN, two = Number.NaN] = peaks.map((samples) => quantile(samples, 0.5));
  targets.push({
    name: `${format}, peak with ${sizes[1]} posts to ${sizes[0]}`,
    value: round(two / one),
    target: 1.15,
    better: 'lower',
  });
}
await rm(dataDir, { recursive: true, force: true });
printTargets('export', targets);

/** @returns the server's resident memory at the peak of one export, in MB. */
async function measure(batchId: string, format: string): Promise<number> {
  await using server = await startPressrun(settings);
  await download(server.url, small ?? '', format);
  const idleMb = residentMbOf(server.pid);
  resetPeakOf(server.pid);
  const bytes = await download(server.url, batchId, format);
  const peakMb = peakMbOf(server.pid);
  process.stdout.write(
    `  ${format}, ${round(bytes / 1e6, 1)} MB sent: ${round(idleMb, 1)} MB before, ${round(peakMb, 1)} MB at the peak\n`,
  );
  return peakMb;
}

/** @returns how many bytes came. */
async function download(url: string, batchId: string, format: string): Promise<number> {
  const response = await fetch(`${url}/export/batches/${toGlobalId('Batch', batchId)}.${format}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok || response.body === null) throw new Error(`the export answered ${response.status}`);
  let bytes = 0;
  for await (const chunk of response.body) bytes += chunk.byteLength;
  return bytes;
}

async function seed(): Promise<string[]> {
  const database = await openDatabase({ databaseUrl: settings.DATABASE_URL, dataDir }, createLogger('warn'));
  const assets = await openAssets({ folder: `${dataDir}/assets`, s3: undefined, baseUrl: undefined });
  const owned = {
    ownerId: fromGlobalId(workspaceId)?.id ?? '',
    campaignId: fromGlobalId(campaignId)?.id ?? '',
    channel: 'INSTAGRAM' as const,
  };
  const ids = [];
  for (const postCount of [smallSize, ...sizes]) {
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
