import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startTestApp } from '../../support/app.ts';

const run = promisify(execFile);

/** The commands of README.md from an account to a ZIP, for a server at another address. */
async function tour(url: string): Promise<string> {
  const readme = await readFile('README.md', 'utf8');
  const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text);
  const commands = blocks.find((text) => text.startsWith('API='));
  expect(commands).toContain('API=http://127.0.0.1:4000\n');
  return (commands ?? '').replace('http://127.0.0.1:4000', url);
}

it('the commands in README.md open an account, order three posts, follow them and save them as a ZIP', async () => {
  await using app = await startTestApp();
  const folder = await mkdtemp(`${tmpdir()}/pressrun-tour-`);
  try {
    const { stdout } = await run('sh', ['-ec', await tour(app.url)], { cwd: folder });
    expect(stdout.match(/PostCompletedEvent/g)).toHaveLength(3);
    expect(stdout).toContain('BatchCompletedEvent');
    const zip = (await readFile(`${folder}/posts.zip`)).toString('latin1');
    expect(zip).toMatch(/^PK/);
    expect(zip).toContain('posts.csv');
    expect(new Set(zip.match(/pictures\/\d+\.png/g)).size).toBe(3);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('README.md is read in a few minutes', async () => {
  const words = (await readFile('README.md', 'utf8')).split(/\s+/).filter((word) => word !== '');
  expect(words.length).toBeLessThanOrEqual(700);
});
