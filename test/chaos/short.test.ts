import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Each has to end on its own far earlier; 0 is the exit code where every target is met. */
const timeoutMs = 480_000;

test.each([
  ['workers that are killed and frozen lose no post', 'workers.ts', '--kills', '4'],
  [
    'workers that are killed again and again lose no post either',
    'workers.ts',
    '--kills',
    '8',
    '--kills-per-minute',
    '50',
    '--freezes',
    '0',
  ],
  [
    'readers who are cut off miss no event',
    'readers.ts',
    '--posts',
    '200',
    '--subscribers',
    '12',
    '--reconnects',
    '60',
  ],
  ['services that go away lose no post', 'services.ts', '--rounds', '1', '--subscribers', '6'],
  [
    'starts that are killed are followed by starts that come up',
    'starts.ts',
    '--kills',
    '2',
    '--posts',
    '2000',
  ],
])(
  '%s',
  async (_name, program, ...args) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [`${import.meta.dirname}/${program}`, ...args],
      { timeout: timeoutMs },
    ).catch((error: unknown) => {
      const told = error instanceof Error && 'stdout' in error ? `\n${String(error.stdout)}` : '';
      throw new Error(`${program} failed: ${String(error)}${told}`, { cause: error });
    });
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('"bench":"chaos:');
  },
  timeoutMs + 5_000,
);
