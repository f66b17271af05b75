import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { BatchesDocument } from '../../../client/generated/graphql.ts';
import { startBatch } from '../../../scripts/start-batch/order.ts';
import type { Options } from '../../../scripts/start-batch/options.ts';
import { createCampaign, type Account } from '../../support/app.ts';
import { getPosts } from '../../support/batches.ts';
import { test } from '../../support/fixtures.ts';

const header = 'angle,hook,keyMessage,scene,audience\n';

async function fileOf(content: string): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/pressrun-rows-`);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'rows.csv');
  await writeFile(file, content);
  return file;
}

/** Runs the program as an account. @param answer what is answered to its question; undefined: nobody sits there. */
async function run(account: Account, rows: string, more: Partial<Options> = {}, answer?: string) {
  const campaign = await createCampaign(account);
  const lines: string[] = [];
  const screen = {
    print: (line: string) => void lines.push(line),
    ask: async (question: string) => {
      lines.push(question);
      return answer;
    },
  };
  const { url, token } = account;
  const given = { campaign, rows, channels: [], languages: [], review: false, skipBad: false, yes: false };
  const ended = await startBatch({ ...given, url, token, ...more }, screen).catch((error: unknown) =>
    error instanceof Error ? error.message : error,
  );
  const { batches } = await account.run(BatchesDocument, { filter: { campaignId: campaign } });
  return { ended, lines, campaign, batches: batches.edges.length };
}

test('rows of a file become posts, after a quote and a yes', async ({ account }) => {
  const more: Partial<Options> = { channels: ['INSTAGRAM', 'X'], languages: ['en', 'de'] };
  const file = await fileOf(`${header}one,a,b,c,d\ntwo,a,b,c,d\n`);
  const { ended, lines, campaign } = await run(account, file, more, 'y');
  expect(ended).toBe(true);
  expect(lines.slice(0, 3)).toEqual([
    `2 rows of ${file}: 8 posts, 4 images`,
    expect.stringMatching(/^Expected cost \$\d+\.\d\d, at most \$\d+\.\d\d; about \d+ (second|minute)s?$/),
    'Start? [y/N] ',
  ]);
  expect(lines.at(-1)).toBe('8 of 8 posts completed, 0 failed');
  expect(await getPosts(account, { campaignId: campaign, language: ['de'], channel: ['X'] })).toHaveLength(2);
});

test('a file with a bad row starts nothing, and the row is named by line and column', async ({ account }) => {
  const file = await fileOf(`${header}one,a,b,c,d\n${'x'.repeat(121)},a,b,c,d\n`);
  const { ended, lines, batches } = await run(account, file, { yes: true });
  expect(lines).toEqual([`${file}:3:1: angle: must have at most 120 characters`]);
  expect(ended).toMatch(/^1 row cannot be used/);
  expect(batches).toBe(0);
});

test('bad rows are left out where that is asked for', async ({ account }) => {
  const file = await fileOf(`${header}one,a,b,c,d\n${'x'.repeat(121)},a,b,c,d\n`);
  const { ended, campaign } = await run(account, file, { yes: true, skipBad: true });
  expect(ended).toBe(true);
  expect(await getPosts(account, { campaignId: campaign })).toHaveLength(1);
});

test.for([
  ['n', 'nothing was started'],
  [undefined, 'nobody can answer here: say --yes to start'],
] as const)('nothing starts on the answer %s', async ([answer, told], { account }) => {
  const { ended, batches } = await run(account, 'examples/rows.csv', {}, answer);
  expect([ended, batches]).toEqual([told, 0]);
});

test('the rows of the example are all good, and wait for approval where a review is asked for', async ({
  account,
}) => {
  const { ended, lines } = await run(account, 'examples/rows.csv', { yes: true, review: true });
  expect(ended).toBe(true);
  expect(lines.slice(-2)).toEqual(['12 items planned', 'The plan waits for approval']);
});

test('what the server refuses is told by its fields', async ({ account }) => {
  const { ended } = await run(account, 'examples/rows.csv', { yes: true, campaign: 'nonsense' });
  expect(ended).toContain('input.campaignId');
});
