import { parseArgs } from 'node:util';
import { z } from 'zod';
import { FAULT_KINDS, FaultKindSchema } from './behaviour/faults.ts';
import type { FaultKind } from './behaviour/faults.ts';
import { createSimulator } from './server.ts';

const HELP = `Usage: npm run simulator -- [options]

An OpenAI-compatible server on this machine: captions, images and embeddings that say they are simulated.

  --port <n>                  4010; 0 takes a free one
  --host <address>            127.0.0.1
  --seed <n>                  1; the same seed and prompt give the same product
  --time-scale <x>            1; 0.01 is a hundred times faster (latencies, limits and reset times)
  --caption-latency <a-b>     2000-6000, in milliseconds
  --image-latency <a-b>       5000-15000
  --fixed-latency             every call takes the middle of its range
  --requests-per-minute <n>   5000
  --tokens-per-minute <n>     2000000
  --images-per-minute <n>     250
  --burst-seconds <n>         10; how much of a minute's limit may come at once
  --api-key <key>             let in only this key; may be repeated
  --fault <kind>=<share>      strike this share of the calls, 0 to 1; may be repeated. Kinds:
                              ${FAULT_KINDS.slice(0, 5).join(', ')},
                              ${FAULT_KINDS.slice(5).join(', ')}
  --help
`;

const FLAGS = {
  port: { type: 'string', default: '4010' },
  host: { type: 'string', default: '127.0.0.1' },
  seed: { type: 'string' },
  'time-scale': { type: 'string' },
  'caption-latency': { type: 'string' },
  'image-latency': { type: 'string' },
  'fixed-latency': { type: 'boolean' },
  'requests-per-minute': { type: 'string' },
  'tokens-per-minute': { type: 'string' },
  'images-per-minute': { type: 'string' },
  'burst-seconds': { type: 'string' },
  'api-key': { type: 'string', multiple: true },
  fault: { type: 'string', multiple: true },
  help: { type: 'boolean' },
} as const;

await main(process.argv.slice(2));

async function main(args: string[]): Promise<void> {
  try {
    const { values } = parseArgs({ args, options: FLAGS });
    if (values.help) {
      process.stdout.write(HELP);
      return;
    }
    const simulator = createSimulator({
      seed: readNumber('seed', values.seed),
      timeScale: readNumber('time-scale', values['time-scale']),
      captionLatencyMs: readRange('caption-latency', values['caption-latency']),
      imageLatencyMs: readRange('image-latency', values['image-latency']),
      fixedLatency: values['fixed-latency'],
      apiKeys: values['api-key'],
      limits: {
        requestsPerMinute: readNumber('requests-per-minute', values['requests-per-minute']),
        tokensPerMinute: readNumber('tokens-per-minute', values['tokens-per-minute']),
        imagesPerMinute: readNumber('images-per-minute', values['images-per-minute']),
        burstSeconds: readNumber('burst-seconds', values['burst-seconds']),
      },
      faults: readFaults(values.fault ?? []),
    });
    const { url } = await simulator.start(readNumber('port', values.port), values.host);
    process.stdout.write(`Simulator listening. Point Pressrun at it with:\n`);
    process.stdout.write(`OPENAI_BASE_URL=${url} OPENAI_API_KEY=${values['api-key']?.[0] ?? 'simulated'}\n`);
    // A second signal ends the process the hard way, because each handler is there once.
    const stop = (): void => void simulator.stop();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  } catch (error) {
    process.stderr.write(`simulator: ${explain(error)}\n`);
    process.exitCode = 1;
  }
}

function readNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new Error(`--${flag} must be a number, not "${text}"`);
  return value;
}

function readRange(flag: string, text: string | undefined): { p05: number; p95: number } | undefined {
  if (text === undefined) return undefined;
  const [, low, high] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (low === undefined || high === undefined)
    throw new Error(`--${flag} must look like 2000-6000, not "${text}"`);
  return { p05: Number(low), p95: Number(high) };
}

function readFaults(texts: readonly string[]): Partial<Record<FaultKind, number>> {
  const pairs = texts.map((text) => {
    const [name, share] = text.split('=');
    const kind = FaultKindSchema.safeParse(name);
    if (!kind.success || share === undefined) {
      throw new Error(
        `--fault must look like server_error=0.1 with one of ${FAULT_KINDS.join(', ')}; not "${text}"`,
      );
    }
    return [kind.data, readNumber('fault', share)];
  });
  return z.partialRecord(FaultKindSchema, z.number()).parse(Object.fromEntries(pairs));
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
  // parseArgs adds advice on further lines.
  return error.message.split('\n')[0] ?? '';
}
