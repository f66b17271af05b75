import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('../release/main.ts', import.meta.url));
const timeoutMs = 300_000;

it(
  'the last release runs on the schema of this version',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: timeoutMs }).catch(
      (error: unknown) => {
        const told = error instanceof Error && 'stdout' in error ? `\n${String(error.stdout)}` : '';
        throw new Error(`${String(error)}${told}`, { cause: error });
      },
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('the last release works on it');
  },
  timeoutMs + 5_000,
);
