import { serverAudits } from 'graphql-http';
import { describe, expect, it, beforeAll, afterAll } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

describe.each([
  ['on', 'true', []],
  // Two audits, each for two media types, ask for `__type(name: $name)`.
  ['off', 'false', ['2EA1', '28B9', 'D6D5', '6A70']],
])('graphql-http’s server audits with introspection %s', (_state, introspection, mayFail: string[]) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ INTROSPECTION: introspection });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  it('pass, all 61', async () => {
    const audits = serverAudits({ url: `${app.url}/graphql`, fetchFn: fetch });
    const results = await Promise.all(audits.map((audit) => audit.fn()));
    expect(results).toHaveLength(61);
    const failed = results.filter(({ status }) => status !== 'ok');
    expect(failed.filter(({ id }) => !mayFail.includes(id)).map(({ id, name }) => `${id} ${name}`)).toEqual(
      [],
    );
  });
});
