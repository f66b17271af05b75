import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { JobKind } from '../../../src/engine/job-kind.ts';
import type { KindTools } from '../../../src/worker.ts';
import { signUp, startTestApp } from '../../support/app.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import { rowId } from '../../support/workspaces.ts';

const files = ['src/services/haikus/runs.ts', 'src/engine/jobs/write-haiku.ts'] as const;
const callable = <F>() => z.custom<F>((value) => typeof value === 'function');
const ordersSchema = z.object({
  orderHaiku: callable<(tools: KindTools, ownerId: string, topic: string) => Promise<string>>(),
});
const kindSchema = z.object({ createWriteHaiku: callable<(tools: KindTools) => JobKind>() });

/** The SQL of the page, and the modules that its code makes, which refer to Pressrun's own. */
async function codeOfPage(folder: string) {
  const page = await readFile('docs/adding-a-kind-of-work.md', 'utf8');
  const blocks = [...page.matchAll(/```(sql|ts)\n(.*?)```/gs)].map(([, language, text = '']) => ({
    language,
    text,
  }));
  for (const path of files) {
    const block = blocks.find(({ text }) => text.startsWith(`// ${path}\n`));
    const code = (block?.text ?? '').replaceAll(/from '(\.[^']+)'/g, (_, relative: string) => {
      const target = join(dirname(path), relative);
      return `from '${join(process.cwd(), files.some((file) => file === target) ? folder : '', target)}'`;
    });
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await writeFile(join(folder, path), code);
  }
  const load = async (path: (typeof files)[number]): Promise<unknown> =>
    import(join(process.cwd(), folder, path));
  return {
    sql: blocks.find(({ language }) => language === 'sql')?.text ?? '',
    ...ordersSchema.parse(await load(files[0])),
    ...kindSchema.parse(await load(files[1])),
  };
}

it('the code of docs/adding-a-kind-of-work.md writes a haiku, and its draft is bought once though the second step fails', async () => {
  await using opened = new AsyncDisposableStack();
  // Inside the project, or its packages are not found.
  const folder = await mkdtemp('test/.page-');
  opened.defer(() => rm(folder, { recursive: true }));
  const { sql, orderHaiku, createWriteHaiku } = await codeOfPage(folder);
  let tools: KindTools | undefined;
  const app = opened.use(
    await startTestApp(
      {},
      {
        names: ['write-haiku'],
        create(given) {
          tools = given;
          return [createWriteHaiku(given)];
        },
      },
    ),
  );
  if (tools === undefined) throw new Error('the app makes no kinds');
  const { prisma } = tools.database;
  await prisma.$executeRawUnsafe(sql);
  app.simulator.control.setFaults([{ kind: 'server_error', match: 'Make it better', count: 1 }]);
  const ownerId = rowId((await signUp(app)).id);
  const id = await orderHaiku(tools, ownerId, 'tides');
  const haikus = () => prisma.$queryRaw<{ text: string | null }[]>`SELECT text, "errorCode" FROM haikus`;
  await waitUntil('the haiku', async () => (await haikus())[0]?.text !== null);
  expect(await haikus()).toEqual([{ text: expect.stringMatching(/\w/), errorCode: null }]);
  expect(await prisma.event.findMany({ where: { ownerId } })).toMatchObject([
    { streamId: id, seq: 1, type: 'HAIKU_WRITTEN' },
  ]);
  const calls = await prisma.providerCall.findMany({ where: { ownerId }, orderBy: { id: 'asc' } });
  expect(calls.map(({ step, status }) => [step, status])).toEqual([
    ['draft', 'SETTLED'],
    ['polish', 'FAILED'],
    ['polish', 'SETTLED'],
  ]);
  expect(await prisma.run.count()).toBe(0);
});
