import { execFile, spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { startTestApp } from '../../support/app.ts';

const run = promisify(execFile);
const timeout = 20_000;
const loginSchema = z.object({ data: z.object({ register: z.object({ accessToken: z.string() }) }) });

/** Blocks of one language in README.md, with a server's own address in the place of the usual one. */
async function readBlocks(language: string, url: string): Promise<string[]> {
  const readme = await readFile('README.md', 'utf8');
  const blocks = readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'));
  return [...blocks].map(([, text = '']) => text.replaceAll('http://127.0.0.1:4000', url));
}

it('the program in README.md brings three posts', async () => {
  await using app = await startTestApp();
  const [program = ''] = await readBlocks('ts', app.url);
  const file = `docs/.example-${crypto.randomUUID()}.ts`;
  await writeFile(file, program.replace('@pressrun/client', '../client/index.ts'));
  try {
    const { stdout } = await run(process.execPath, [file], { timeout });
    expect(stdout.match(/http\S+\/assets\/\S+/g)).toHaveLength(3);
  } finally {
    await rm(file);
  }
});

it('the curl commands in README.md open an account and follow its batches', async () => {
  await using app = await startTestApp();
  const commands = (await readBlocks('sh', app.url)).filter((text) => text.startsWith('curl'));
  const [register = '', follow = ''] = commands;
  expect(commands).toHaveLength(2);
  const { stdout } = await run('sh', ['-c', register], { timeout });
  const TOKEN = loginSchema.parse(JSON.parse(stdout)).data.register.accessToken;
  const child = spawn('sh', ['-c', `exec ${follow}`], { env: { ...process.env, TOKEN }, timeout });
  let told = '';
  for await (const text of child.stdout.setEncoding('utf8')) {
    told += String(text);
    if (told.includes('UserSnapshotEvent')) break;
  }
  child.kill();
  expect(told).toContain('event: next');
});
