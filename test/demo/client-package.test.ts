import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage } from '../support/e2e/browser.ts';
import { startTestApp } from '../support/app.ts';

const run = promisify(execFile);
const repository = process.cwd();

/** The machine's own Node, which may be older than the one that npm installed here: a user of the client has that. */
const ownNode = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((path) => join(path, 'node'))
  .find((path) => !path.includes('node_modules') && existsSync(path));
const nodes = [process.execPath, ownNode ?? process.execPath];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pressrun-client-test-'));
  await run('npm', ['pack', './client', '--pack-destination', folder]);
  const [archive = ''] = await Array.fromAsync(glob(join(folder, '*.tgz')));
  await cp('examples/node-script', join(folder, 'node-script'), { recursive: true });
  await cp('examples/vite-page', join(folder, 'vite-page'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await run('npm', ['install', archive, '--ignore-scripts', '--no-save'], { cwd: folder });
});
afterAll(() => rm(folder, { recursive: true }));

describe('the packed client', () => {
  it.for(nodes)('brings posts and saves a ZIP with %s', async (node) => {
    await using app = await startTestApp();
    const cwd = join(folder, 'node-script');
    const { stdout } = await run(node, ['main.js', `${app.url}/graphql`], { cwd, timeout: 180_000 });
    expect(stdout).toContain('Saved posts.zip');
    expect((await readFile(join(cwd, 'posts.zip'))).subarray(0, 2).toString()).toBe('PK');
  });

  it('runs the example of its README', async () => {
    await using app = await startTestApp();
    const readme = await readFile('client/README.md', 'utf8');
    const [, example = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
    const file = join(folder, 'readme.js');
    await writeFile(file, example.replace('http://127.0.0.1:4000', app.url));
    await expect(run(process.execPath, [file], { timeout: 180_000 })).resolves.toMatchObject({ stderr: '' });
  });

  it('passes the strict checks of TypeScript, also those of its own declarations', async () => {
    const compiler = join(repository, 'node_modules/typescript/bin/tsc');
    const options = ['--noEmit', '--strict', '--module', 'esnext', '--moduleResolution', 'bundler'];
    const check = [compiler, ...options, '--types', '', 'main.ts'];
    const cwd = join(folder, 'vite-page');
    await expect(run(process.execPath, check, { cwd })).resolves.toMatchObject({ stdout: '' });
  });

  it('adds less than 25 KB of script to a page, which shows live posts', async () => {
    const outDir = join(folder, 'page');
    await build({ root: join(folder, 'vite-page'), logLevel: 'silent', build: { outDir } });
    const scripts = await Array.fromAsync(glob(`${outDir}/assets/*.js`));
    const sizes = await Promise.all(scripts.map(async (file) => gzipSync(await readFile(file)).length));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(25_000);

    // The page that was built shows posts while they come.
    await using served = await serveFolder(outDir);
    await using app = await startTestApp({ ALLOWED_ORIGINS: served.origin });
    await using opened = await openPage(`${served.origin}/?url=${app.url}/graphql`, [app.url]);
    await opened.page.getByRole('button').click();
    await opened.page.getByText('3 of 3').waitFor();
    expect(await opened.page.locator('article img').count()).toBe(3);
    expect(opened.errors).toEqual([]);
  });
});

async function serveFolder(outDir: string) {
  const server = await preview({ build: { outDir }, preview: { port: 0, host: '127.0.0.1' } });
  const origin = new URL(server.resolvedUrls?.local[0] ?? '').origin;
  return { origin, [Symbol.asyncDispose]: () => server.close() };
}
