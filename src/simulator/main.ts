import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { z } from 'zod';
import { commandLine } from '../command-line.ts';
import { FAULT_KINDS, FaultKindSchema } from './behaviour/faults.ts';
import type { FaultKind } from './behaviour/faults.ts';
import { DialectNameSchema } from './dialects.ts';
import { createSimulator } from './server.ts';

const options = commandLine('npm run simulator')
  .description(
    'An OpenAI-compatible server on this machine: captions, images and embeddings that say they are simulated.',
  )
  .option('--port <n>', '0 takes a free one', readNumber, 4010)
  .option('--host <address>', 'where it listens', '127.0.0.1')
  .addOption(
    new Option('--dialect <name>', 'the provider whose endpoint it plays')
      .choices(DialectNameSchema.options)
      .default('openai'),
  )
  .option('--seed <n>', '1; the same seed and prompt give the same product', readNumber)
  .option(
    '--time-scale <x>',
    '1; 0.01 is a hundred times faster (latencies, limits and reset times)',
    readNumber,
  )
  .option('--caption-latency <a-b>', '2000-6000, in milliseconds', readRange)
  .option('--image-latency <a-b>', '5000-15000', readRange)
  .option('--fixed-latency', 'every call takes the middle of its range')
  .option('--requests-per-minute <n>', '5000', readNumber)
  .option('--tokens-per-minute <n>', '2000000', readNumber)
  .option('--images-per-minute <n>', '250', readNumber)
  .option('--burst-seconds <n>', "10; how much of a minute's limit may come at once", readNumber)
  .option('--api-key <key>', 'let in only this key; may be repeated', (key, keys: string[] | undefined) => [
    ...(keys ?? []),
    key,
  ])
  .option(
    '--fault <kind>=<share>',
    `strike this share of the calls, 0 to 1; may be repeated. Kinds: ${FAULT_KINDS.join(', ')}`,
    readFault,
  )
  .parse()
  .opts();

try {
  const { port, host, dialect, captionLatency, imageLatency, fault, apiKey, seed, timeScale, fixedLatency } =
    options;
  const { requestsPerMinute, tokensPerMinute, imagesPerMinute, burstSeconds } = options;
  const simulator = createSimulator({
    dialect: DialectNameSchema.parse(dialect),
    seed,
    timeScale,
    captionLatencyMs: captionLatency,
    imageLatencyMs: imageLatency,
    fixedLatency,
    apiKeys: apiKey,
    limits: { requestsPerMinute, tokensPerMinute, imagesPerMinute, burstSeconds },
    faults: fault,
  });
  const { url } = await simulator.start(port, host);
  process.stdout.write(`Simulator listening. Point Pressrun at it with:\n`);
  const name = dialect.toUpperCase();
  const key = dialect === 'ollama' ? '' : ` ${name}_API_KEY=${apiKey?.[0] ?? 'simulated'}`;
  process.stdout.write(`${name}_BASE_URL=${url}${key}\n`);
  // A second signal ends the process the hard way, because each handler is there once.
  const stop = (): void => void simulator.stop();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
} catch (error) {
  process.stderr.write(`simulator: ${explain(error)}\n`);
  process.exitCode = 1;
}

function readNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

function readRange(text: string): { p05: number; p95: number } {
  const [, low, high] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (low === undefined || high === undefined) throw new InvalidArgumentError('It must look like 2000-6000.');
  return { p05: Number(low), p95: Number(high) };
}

type Faults = Partial<Record<FaultKind, number>>;

function readFault(text: string, others: Faults | undefined): Faults {
  const [name, share] = text.split('=');
  const kind = FaultKindSchema.safeParse(name);
  if (!kind.success || share === undefined) {
    throw new InvalidArgumentError(
      `It must look like server_error=0.1 with one of ${FAULT_KINDS.join(', ')}.`,
    );
  }
  return { ...others, [kind.data]: readNumber(share) };
}

/** One line for the person at the terminal. */
function explain(error: unknown): string {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  }
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') {
    return 'that port is already in use; choose another with --port, or --port 0 for a free one';
  }
  return error.message;
}
