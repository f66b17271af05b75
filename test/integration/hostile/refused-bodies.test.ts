import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { cpuMs } from '../../support/cpu.ts';
import { post } from '../../support/raw-graphql.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  // The first refusal loads what answers it.
  await post(app, { query: '{' });
});
afterAll(() => app[Symbol.asyncDispose]());

const megabyte = 1_000_000;
const padded = (query: string) => `${JSON.stringify({ query })}${' '.repeat(megabyte)}`;

const cpuMsOfFive = (body: string, headers: Record<string, string> = {}) =>
  cpuMs(async () => {
    for (let count = 0; count < 5; count += 1) await post(app, body, headers);
  });

it.each([
  ['a document of a megabyte', JSON.stringify({ query: `{ ${'a '.repeat(megabyte / 2)} }` }), {}],
  ['a document that does not parse', padded('{'), {}],
  ['no JSON', ' '.repeat(megabyte), {}],
  ['a query as a stream', padded('{ me { id } }'), { accept: 'text/event-stream' }],
])(
  'a body of 1 MB costs little more where it is refused than where it is answered: %s',
  async (_what, body, headers) => {
    const answered = await cpuMsOfFive(padded('{ me { id } }'));
    expect(await cpuMsOfFive(body, headers)).toBeLessThan(3 * answered + 50);
  },
);

it.each([
  ['no JSON', '{"query":'],
  ['nothing', ''],
  ['null', 'null'],
  ['a list', '[{"query":"{ me { id } }"}]'],
  ['an empty list', '[]'],
  ['an empty object', '{}'],
  ['a text', '"{ me { id } }"'],
  ['a number', '5'],
])('a body that is no operation is a bad request: %s', async (_what, body) => {
  expect(await post(app, body)).toMatchObject({
    status: 400,
    errors: [{ extensions: { code: 'BAD_REQUEST' } }],
  });
});
