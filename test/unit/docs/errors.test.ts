import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { errorGuide } from '../../../src/domain/errors/guide.ts';

/** Where requests are refused before a resolver runs. */
const folders = ['src/http', 'src/graphql'];
/** A code beside the word, or as the second argument of `refuse`. */
const codes = /\bcode: '([A-Z]+(?:_[A-Z]+)*)'|\brefuse\(\d{3}, '([A-Z_]+)'/g;

async function refusalCodes(): Promise<string[]> {
  const files = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(folder, { recursive: true }))
        .filter((name) => name.endsWith('.ts') && !name.includes('generated'))
        .map((name) => `${folder}/${name}`),
    ),
  );
  const texts = await Promise.all(files.flat().map((file) => readFile(file, 'utf8')));
  return texts.flatMap((text) => [...text.matchAll(codes)].map(([, one, other]) => one ?? other ?? ''));
}

it('errors.md has every code that a request can be refused with', async () => {
  const found = await refusalCodes();
  expect(found).toEqual(expect.arrayContaining(['BAD_REQUEST', 'SYNTAX_ERROR', 'HOST_NOT_ALLOWED']));
  const page = await readFile('docs/errors.md', 'utf8');
  expect(found.filter((code) => !(code in errorGuide) || !page.includes(`| \`${code}\` |`))).toEqual([]);
});
