import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCampaign, signUp, startTestApp, type Account, type TestApp } from '../../support/app.ts';
import { openSocket } from '../../support/raw-graphql.ts';

let app: TestApp;
let account: Account;
beforeAll(async () => {
  app = await startTestApp({ INTROSPECTION: 'false' });
  account = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const times = (count: number, piece: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => piece(n)).join(' ');

/** Sends a body as it is, and reads the answer as it comes. */
async function send(body: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${account.token}`, ...headers },
    body,
  });
  return response.text();
}
const ask = (query: string, variables: object = {}, operationName?: string) =>
  send(JSON.stringify({ query, variables, operationName }));

const long = 'x'.repeat(40_000);
const byStatus = 'query($s: [CampaignStatus!]) { campaigns(filter: { status: $s }) { edges { cursor } } }';
const byTime = 'query($s: DateTime) { campaigns(filter: { created: { since: $s } }) { edges { cursor } } }';
const byFilter = 'query($s: PostFilter) { posts(filter: $s) { edges { cursor } } }';
const hostile: [string, () => Promise<string>][] = [
  ['a body of control characters', () => send('\u0001'.repeat(1_000_000))],
  ['a query of control characters', () => send(`{"query":"${'\u0001'.repeat(1_000_000)}"}`)],
  ['a value of an enum', () => ask(byStatus, { s: ['x'.repeat(1_000_000)] })],
  ['a value of an enum with quotes', () => ask(byStatus, { s: ['x"'.repeat(400_000)] })],
  ['a moment', () => ask(byTime, { s: 'x'.repeat(1_000_000) })],
  ['an unknown input field', () => ask(byFilter, { s: { ['x'.repeat(1_000_000)]: 1 } })],
  [
    'an object of many fields',
    () => ask(byStatus, { s: [Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`x${n}`, 1]))] }),
  ],
  ['the name of an operation', () => ask('{ me { id } }', {}, 'x'.repeat(1_000_000))],
  ['a string in the document', () => ask(`{ campaigns(first: "${long}") { edges { cursor } } }`)],
  ['a number in the document', () => ask(`{ campaigns(first: ${'9'.repeat(40_000)}) { edges { cursor } } }`)],
  ['an object in the document', () => ask(`{ campaigns(first: { a: "${long}" }) { edges { cursor } } }`)],
  ['a string at a wrong place', () => ask(`{ me { "${long}" } }`)],
  ['a name', () => ask(`{ ${long} }`)],
  ['an alias', () => ask(`{ ${long}: node(id: "a") { id } }`)],
  ['a variable', () => ask(`query($${long}: Nothing) { me { id } }`)],
];

describe('an error', () => {
  it.each(hostile)('repeats no value beyond 100 characters: %s', async (_what, attack) => {
    const answer = await attack();
    expect(answer.length).toBeLessThan(8_000);
    expect(JSON.parse(answer).errors[0].extensions.code).toBeDefined();
    expect(answer).not.toMatch(/x{101}|9{101}|(?:\\u0001){101}/);
    expect(answer).not.toContain('originalError');
  });

  it('repeats no value over WebSocket either', async () => {
    await using socket = await openSocket(app, account.token);
    socket.say({
      type: 'subscribe',
      id: 'long',
      payload: { query: byTime, variables: { s: 'x'.repeat(900_000) } },
    });
    const message = await socket.hear(({ id }) => id === 'long');
    expect(JSON.stringify(message).length).toBeLessThan(1_000);
  });

  it('is one of 20 at most, and then it is said how many more there are', async () => {
    const answer = JSON.parse(await ask(`{ ${times(45, (n) => `a${n}: node(id: "a") { id }`)} }`));
    expect(answer.errors).toHaveLength(21);
    expect(answer.errors[20]).toMatchObject({
      message: '25 more errors are not listed.',
      extensions: { code: 'TOO_MANY_ERRORS' },
    });
  });

  it('of media types is not longer than the request', async () => {
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'a/b,'.repeat(1_500) },
      body: '{"query":"{ me { id } }"}',
    });
    expect(response.status).toBe(400);
  });
});

describe('an answer', () => {
  const aliases = (count: number) =>
    `{ campaigns(first: 100) { edges { node { ${times(count, (n) => `a${n}: description`)} } } } }`;

  beforeAll(async () => {
    for (let left = 100; left > 0; left -= 20) {
      await Promise.all(
        Array.from({ length: 20 }, () => createCampaign(account, { description: '漢'.repeat(4_000) })),
      );
    }
  });

  it('is refused for a document that repeats a long field at all rows', async () => {
    expect(JSON.parse(await ask(aliases(45))).errors).toMatchObject([
      { extensions: { code: 'DOCUMENT_TOO_LARGE' } },
    ]);
  });

  it('is refused when it is larger than 8 MiB', async () => {
    const answer = await ask(aliases(20));
    expect(answer.length).toBeLessThan(1_000);
    expect(JSON.parse(answer)).toMatchObject({ errors: [{ extensions: { code: 'ANSWER_TOO_LARGE' } }] });
  });

  it('to a mutation or of a subscription is refused before it runs where it would have to be measured', async () => {
    const posts = `posts(first: 100) { edges { node { ${times(8, (n) => `a${n}: caption`)} } } }`;
    for (const query of [
      `mutation { startBatch(input: { campaignId: "a", postCount: 1 }) { ... on Batch { ${posts} } } }`,
      `subscription { userEvents { ... on BatchStartedEvent { batch { ${posts} } } } }`,
    ]) {
      expect(JSON.parse(await ask(query)).errors).toMatchObject([
        { extensions: { code: 'DOCUMENT_TOO_LARGE' } },
      ]);
    }
  });

  it('of a page of the longest descriptions is sent', async () => {
    const answer = JSON.parse(await ask(aliases(2)));
    expect(answer.errors).toBeUndefined();
    expect(answer.data.campaigns.edges).toHaveLength(100);
  });
});
