import { parseArgs } from 'node:util';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { round } from '../../bench/support/report.ts';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { fuzz } from './run.ts';

const help = `Sends operations that are generated from the schema, with hostile values, to an embedded Pressrun.

  npm run fuzz -- --requests 100000 --seed 1

Exits 1 where an answer has a status of 5xx, an error that is not masked, or the heap has grown by a tenth.
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    requests: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
  },
});

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
    const { requests, answeredWithData, faults, heapBytes } = await fuzz(
      app,
      Number(values.requests),
      Number(values.seed),
    );
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

if (values.help) process.stdout.write(help);
else await main();
