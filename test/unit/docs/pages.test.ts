import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(await readFile('package.json', 'utf8')));

/** A changelog names what there was. */
const files = await Array.fromAsync(glob(['*.md', 'docs/**/*.md'], { exclude: ['CHANGELOG.md'] }));
const pages = await Promise.all(files.map(async (file) => ({ file, text: await readFile(file, 'utf8') })));

/** Commands of npm itself. */
const npmCommands = new Set(['ci', 'test', 'start', 'audit', 'install', 'pack']);

/** Made by a command that the page names, so not always there. */
const built = new Set(['client/dist/', '.data/']);

/** A path in code marks: a folder of the project, or a source file. Both may leave out `src/`. */
const pathInCode =
  /`((?:src|test|docs|scripts|bench|client|examples|prisma)\/[\w./-]*|[\w./-]+\.(?:ts|js|lua|md|graphql|prisma))`/g;

function find(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, found]) => found ?? []);
}

describe.each(pages)('$file', ({ file, text }) => {
  it('names only npm scripts that exist', () => {
    const unknown = [
      ...find(text, /npm\s+run\s+([\w:-]+)/g).filter((name) => !(name in scripts)),
      ...find(text, /\bnpm\s+(?!run\b)([a-z]+)/g).filter((name) => !npmCommands.has(name)),
    ];
    expect(unknown).toEqual([]);
  });

  it('names only files that exist', () => {
    const links = find(text, /\]\((?!https?:)([^)#]+)[^)]*\)/g).map((path) => join(dirname(file), path));
    const isThere = (path: string) => [path, join('src', path), join('docs', path)].some(existsSync);
    const paths = find(text, pathInCode).filter((path) => !built.has(path) && !isThere(path));
    expect([...links.filter((path) => !existsSync(path)), ...paths]).toEqual([]);
  });
});

it('README.md and CONTRIBUTING.md name every npm script that people run', () => {
  const named = new Set(
    pages
      .filter(({ file }) => file === 'README.md' || file === 'CONTRIBUTING.md')
      .flatMap(({ text }) => find(text, /npm\s+(?:run\s+)?([\w:-]+)/g)),
  );
  const parts = /^(postinstall|check:(?!release|schema).*)$/;
  expect(Object.keys(scripts).filter((name) => !parts.test(name) && !named.has(name))).toEqual([]);
});
