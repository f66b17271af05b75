import { serverAudits } from 'graphql-http';
import { describe, expect, it, beforeAll, afterAll } from 'vitest';
import { startTestApp, type TestApp } from '../../support/app.ts';

const typeQuery = 'query Type($name: String!) { __type(name: $name) { name } }';

describe.each([
  ['on', 'true', []],
  // By POST and by GET, each for two media types: the audit would do as well with any other variable.
  [
    'off, but for those that ask for a type of the schema',
    'false',
    ['2EA1', '28B9', 'D6D5', '6A70'].map((id) => ({ id, asked: typeQuery })),
  ],
])('graphql-http’s server audits with introspection %s', (_state, introspection, failing) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ INTROSPECTION: introspection });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  it('pass, all 61', async () => {
    let asked: unknown;
    const fetchFn: typeof fetch = async (input, init) => {
      asked = queryOf(input instanceof Request ? input.url : input.toString(), init?.body);
      return fetch(input, init);
    };
    const audits = serverAudits({ url: `${app.url}/graphql`, fetchFn });
    const failed = [];
    // One after another, to know what each of them asks.
    for (const audit of audits) {
      const { id, status } = await audit.fn();
      if (status !== 'ok') failed.push({ id, asked });
    }
    expect(audits).toHaveLength(61);
    expect(failed).toEqual(failing);
  });
});

/** The document of a request by GET or POST. */
function queryOf(url: string, body: unknown): unknown {
  const inUrl = new URL(url).searchParams.get('query');
  return inUrl ?? (typeof body === 'string' && body.startsWith('{"') ? JSON.parse(body).query : undefined);
}
