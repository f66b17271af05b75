import { spawn } from 'node:child_process';
import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { startApp } from '../src/app.ts';
import { readConfig } from '../src/config/config.ts';
import { toGlobalId } from '../src/domain/ids.ts';
import { openAssets } from '../src/store/assets.ts';
import { openDatabase } from '../src/store/database.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { createClient, RegisterDocument } from '../client/index.ts';
import { printTargets, round } from './support/report.ts';
import { startServices } from './support/services.ts';

/**
 * How much memory an export takes at its peak, by the number of posts: past a thousand or so it should not depend on it. On private
 * Postgres and Redis; each export is read from a process that has sent one of the small batch before. Linux only:
 * the peak is the kernel's own figure, set back before each export.
 */

const sizes = [1_000, 10_000, 20_000] as const;
/** See proc(5), clear_refs. */
const resetPeak = '5';
/** Each picture has its own bytes, so none is read twice. */
const pictureBytes = 32 * 1024;

const dataDir = await mkdtemp(`${tmpdir()}/pressrun-bench-`);
const secret = randomBytes(48).toString('hex');
await using services = await startServices();
const settings = { PORT: '0', DATA_DIR: dataDir, JWT_SECRET: secret, ...(await services.fresh()) };
const config = readConfig(settings);
const logger = createLogger('warn');

const first = await startApp(config, logger);
const { register } = await createClient({ url: `${first.url}/graphql` }).run(RegisterDocument, {
  input: { email: 'bench@example.com', password: 'correct horse' },
});
if (register.__typename !== 'Login') throw new Error(`register answered ${register.__typename}`);
const token = register.accessToken;
await first.stop();
const batches = await seed();

const targets = [];
for (const format of ['csv', 'jsonl', 'zip']) {
  const peaks: number[] = [];
  for (const [place, size] of sizes.entries()) {
    if (place === 0) continue;
    const { idleMb, peakMb, megabytes } = await measure(batches[place] ?? '', format);
    peaks.push(peakMb);
    process.stdout.write(
      `${format}, ${size} posts, ${megabytes} MB: the server took ${idleMb} MB before and ${peakMb} MB at its peak\n`,
    );
  }
  const [one = Number.NaN, two = Number.NaN] = peaks;
  targets.push({
    name: `${format}, peak with 20,000 posts to 10,000`,
    value: round(two / one),
    target: 1.15,
    better: 'lower' as const,
  });
}
await rm(dataDir, { recursive: true, force: true });
printTargets('export', targets);

async function measure(batchId: string, format: string) {
  const child = spawn(process.execPath, ['src/main.js'], {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await urlOf(child.stdout);
    await download(url, batches[0] ?? '', format);
    const idleMb = residentMb(child.pid, 'VmRSS');
    writeFileSync(`/proc/${child.pid}/clear_refs`, resetPeak);
    const bytes = await download(url, batchId, format);
    return { idleMb, peakMb: residentMb(child.pid, 'VmHWM'), megabytes: round(bytes / 1e6, 1) };
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
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

/** Resident memory in MB: now (`VmRSS`), or the most since it was set back (`VmHWM`). */
function residentMb(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return round(Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024, 1);
}

async function urlOf(output: Readable): Promise<string> {
  for await (const line of createInterface(output)) {
    const url = /http:\/\/[\w.]+:\d+/.exec(line)?.[0];
    if (url === undefined) continue;
    output.resume();
    return url;
  }
  throw new Error('the server did not start');
}

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
  const owned = { ownerId: user.id, campaignId: campaign.id, channel: campaign.channel };
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
