import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createHome } from '../support/e2e/home.ts';

const root = new URL('../../', import.meta.url);
const program = fileURLToPath(new URL('test/release/main.ts', root));
const timeoutMs = 300_000;
const execute = promisify(execFile);

it(
  'the last release runs on the schema of this version',
  async () => {
    const { stdout } = await execute(process.execPath, [program], { timeout: timeoutMs }).catch(
      (error: unknown) => {
        const told = error instanceof Error && 'stdout' in error ? `\n${String(error.stdout)}` : '';
        throw new Error(`${String(error)}${told}`, { cause: error });
      },
    );
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('the last release works on it');
  },
  timeoutMs + 5_000,
);

it('a history that is cut off is refused: this version would be taken for the last release', async () => {
  await using home = await createHome();
  const shallow = join(home.folder, 'shallow.git');
  await execute('git', ['clone', '--bare', '--depth', '1', root.href, shallow]);
  const env = { ...process.env, GIT_DIR: shallow };
  await expect(execute(process.execPath, [program], { env, timeout: timeoutMs })).rejects.toMatchObject({
    stderr: expect.stringMatching(/^The history is cut off.* git fetch --unshallow\n$/),
  });
});
