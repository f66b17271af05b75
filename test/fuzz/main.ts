import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { commandLine, wholeNumber } from '../../src/command-line.ts';
import { round } from '../../bench/support/report.ts';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { fuzz } from './run.ts';

const values = commandLine('npm run fuzz')
  .description(
    `Sends operations that are generated from the schema, with hostile values, to an embedded Pressrun.
Exits 1 where an answer has a status of 5xx, an error that is not masked, or the heap has grown by a tenth.`,
  )
  .option('--requests <n>', 'how many', wholeNumber(1), 2_000)
  .option('--seed <n>', 'of what is generated', wholeNumber(0), 1)
  .parse()
  .opts();

async function main(): Promise<void> {
  const dataDir = await mkdtemp(`${tmpdir()}/pressrun-fuzz-`);
  const ample = '1000000000';
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    SIMULATOR_TIME_SCALE: '0.01',
    RATE_LIMIT_PER_USER: ample,
    RATE_LIMIT_PER_ADDRESS: ample,
    RATE_LIMIT_GLOBAL: ample,
    LOGIN_ATTEMPTS_PER_ADDRESS: ample,
    REGISTRATIONS_PER_ADDRESS: ample,
  });
  const app = await startApp(config, createLogger('silent'));
  try {
    const startedAt = performance.now();
    const { requests, answeredWithData, faults, heapBytes } = await fuzz(app, values.requests, values.seed);
    const growth = heapBytes.late / heapBytes.early - 1;
    for (const fault of faults.slice(0, 10)) process.stdout.write(`${JSON.stringify(fault)}\n`);
    const seconds = round((performance.now() - startedAt) / 1000, 1);
    process.stdout.write(
      `${requests} requests in ${seconds} s, ${answeredWithData} answered with data, ${faults.length} faults, ` +
        `heap ${round(growth * 100, 1)} % (${Math.round(heapBytes.early / 1e6)} to ${Math.round(heapBytes.late / 1e6)} MB)\n`,
    );
    if (faults.length > 0 || growth >= 0.1) process.exitCode = 1;
  } finally {
    await app.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

await main();
