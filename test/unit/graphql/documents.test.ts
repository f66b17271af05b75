import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it.each([
  ['not GraphQL', 20_000, '`{a${number}`'],
  ['not valid', 4_000, '`{a${number}}`'],
])('documents that are %s take little memory, however many there are', async (_what, count, text) => {
  const program = `
    import { createDocuments } from './src/graphql/execution/documents.ts';
    import { schema } from './src/graphql/schema.ts';
    const { parse, validate } = createDocuments({ schema, introspection: false, check: () => undefined });
    const read = (text) => { try { validate(parse(text)); } catch {} };
    const heapMb = () => { gc(); return process.memoryUsage().heapUsed / 2 ** 20; };
    read('{a}');
    const before = heapMb();
    for (let number = 0; number < ${count}; number += 1) read(${text});
    console.log(heapMb() - before);
    read('{a}');
  `;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--input-type=module',
    '--eval',
    program,
  ]);

  expect(Number(stdout)).toBeLessThan(25);
});
