import { execFile } from 'node:child_process';
import { glob, readFile, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);

/** Inside the repository, so that what the package depends on is found. */
const folder = `node_modules/.cache/pressrun-client-${crypto.randomUUID()}`;
beforeAll(async () => {
  const compiler = 'node_modules/typescript/bin/tsc';
  await run(process.execPath, [compiler, '-p', 'client/tsconfig.json', '--outDir', folder]);
});
afterAll(() => rm(folder, { recursive: true }));

describe('the client package', () => {
  it('runs as plain JavaScript in Node', async () => {
    const program = `import { createClient, followBatch, PostsDocument } from './${folder}/index.js';
      console.log(typeof createClient, typeof followBatch, PostsDocument.kind)`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program]);
    expect(stdout.trim()).toBe('function function Document');
  });

  it('needs nothing that only Node has', async () => {
    const files = await Array.fromAsync(glob(`${folder}/**/*.js`));
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    expect(files.length).toBeGreaterThan(5);
    expect(texts.join('\n')).not.toMatch(/from '(node:|ws')|\bprocess\.|\bBuffer\b/);
  });
});
