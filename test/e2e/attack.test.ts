import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const program = new URL('../attack/main.ts', import.meta.url).pathname;
const chosen = [
  'over HTTP',
  '1-byte fragments',
  'unfinished frame',
  'unfinished body',
  'chunks of one byte',
  'pieces of one byte',
  'operation ids',
  'say nothing',
  'health checks',
  'offers of HTTP/2',
  'rubbish in the header',
];
const timeoutMs = 240_000;

it(
  'what anybody can send keeps no other client waiting, and takes no memory for long',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, '--only', chosen.join(',')], {
      timeout: timeoutMs,
    }).catch((error: unknown) => {
      const told = error instanceof Error && 'stdout' in error ? `\n${String(error.stdout)}` : '';
      throw new Error(`a target was missed: ${String(error)}${told}`, { cause: error });
    });
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('"bench":"attack"');
  },
  timeoutMs + 5_000,
);

it('an attack that is not known is no attack that was survived', async () => {
  const running = promisify(execFile)(process.execPath, [program, '--only', 'pongs,none of them']);
  await expect(running).rejects.toThrow('No attack has this in its name: none of them');
});
