import { getIntrospectionQuery } from 'graphql';
import { describe, expect } from 'vitest';
import { cpuMs } from '../../support/cpu.ts';
import { test } from '../../support/fixtures.ts';
import { openSocket, post } from '../../support/raw-graphql.ts';

/** A refusal may take as many times the CPU of an ordinary request; what is not bounded takes hundreds of times. */
const tolerated = 30;

test.beforeAll(async ({ app }) => {
  // The first refusal loads what answers it.
  await post(app, { query: '{' });
});

const times = (count: number, piece: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => piece(n)).join(' ');
/** Another one each time, as what was refused before is remembered. */
const unclosed = () => `"${crypto.randomUUID()}${'\\"'.repeat(24_970)}`;
const ordinary = { query: '{ __typename }' };

describe('a string of 50 KB that is never closed', () => {
  test('is refused at once over HTTP', async ({ app }) => {
    const { errors } = await post(app, { query: unclosed() });
    expect(errors[0]?.extensions).toMatchObject({ code: 'SYNTAX_ERROR' });
    const most = tolerated * (await cpuMs(() => post(app, ordinary)));
    expect(await cpuMs(() => post(app, { query: unclosed() }))).toBeLessThan(most);
  });

  test('is refused at once over WebSocket', async ({ app }) => {
    await using socket = await openSocket(app);
    const ask = (id: string, payload: object) => {
      socket.say({ type: 'subscribe', id, payload });
      return socket.hear((message) => message.id === id);
    };
    const { payload } = await ask('unclosed', { query: unclosed() });
    expect(payload).toMatchObject([{ extensions: { code: 'SYNTAX_ERROR' } }]);
    const most = tolerated * (await cpuMs(() => ask(crypto.randomUUID(), ordinary)));
    expect(await cpuMs(() => ask(crypto.randomUUID(), { query: unclosed() }))).toBeLessThan(most);
  });
});

describe('a document that is dear to validate', () => {
  const spreads = (count: number) =>
    `{ ${times(count, (n) => `...F${n}`)} } ${times(count, (n) => `fragment F${n} on Query { me { id } me { id } }`)}`;

  test.for([
    ['110 fragments of fields that overlap', spreads(110)],
    ['240 fields of one name with selections', `{ ${times(240, () => 'me { id }')} }`],
    [
      '60 fields of one name with long arguments',
      `{ ${times(60, () => `nodes(ids: [${times(22, () => '"a"')}]) { id }`)} }`,
    ],
    [
      '200 fragments in a chain',
      `{ ...F0 } ${times(200, (n) => `fragment F${n} on Query { ...F${n + 1} me { id } }`)} fragment F200 on Query { me { id } }`,
    ],
    [
      'a fragment within a field of itself',
      '{ ...A } fragment A on Query { campaigns { edges { node { posts { edges { node { ...B ...B } } } } } } } fragment B on Post { batch { posts { edges { node { ...B } } } } }',
    ],
  ])('is refused before it is validated: %s', async ([_what, query], { app }) => {
    const { errors } = await post(app, { query });
    expect(errors).toMatchObject([{ extensions: { code: 'DOCUMENT_TOO_LARGE' } }]);
  });

  test('is refused for a name of more than 100 characters: answers repeat names', async ({ app }) => {
    const { errors } = await post(app, { query: `{ ${'a'.repeat(101)}: me { id } }` });
    expect(errors).toMatchObject([{ extensions: { code: 'DOCUMENT_TOO_LARGE' } }]);
    expect((await post(app, { query: `{ ${'a'.repeat(100)}: me { id } }` })).errors).toEqual([]);
  });

  test('is not refused for fragments as clients use them', async ({ app }) => {
    const query = `{ ${times(10, (n) => `...F${n}`)} } ${times(10, (n) => `fragment F${n} on Query { me { id email } }`)}`;
    expect((await post(app, { query })).errors).toEqual([]);
  });

  test('is not refused for a fragment of each of 50 components at one place, as Relay and Apollo write them', async ({
    app,
  }) => {
    const fragments = times(50, (n) => `fragment F${n} on User { id __typename email }`);
    const query = `{ me { ${times(50, (n) => `...F${n}`)} } } ${fragments}`;
    expect((await post(app, { query })).errors).toEqual([]);
  });
});

describe('introspection', () => {
  test('is answered as tools ask for it', async ({ app }) => {
    const query = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect((await post(app, { query })).errors).toEqual([]);
  });

  test('of a few lines brings no megabytes', async ({ app }) => {
    const list = (name: string) =>
      `${name}: types { name description fields { name description args { name description type { name description } } type { name description } } }`;
    const query = `{ __schema { ${times(20, (n) => list(`a${n}`))} } }`;
    expect((await post(app, { query })).errors).toMatchObject([
      { extensions: { code: 'DOCUMENT_TOO_LARGE' } },
    ]);
  });
});

describe('variables', () => {
  test('of 60,000 wrong values are refused at once', async ({ app }) => {
    const query = 'query($s: [CampaignStatus!]) { campaigns(filter: { status: $s }) { edges { cursor } } }';
    const send = (count: number) => post(app, { query, variables: { s: Array(count).fill('NONE') } });
    expect((await send(60_000)).errors[0]?.extensions).toMatchObject({
      code: 'INVALID_INPUT',
      field: 's[0]',
    });
    const most = tolerated * (await cpuMs(() => send(6_000)));
    expect(await cpuMs(() => send(60_000))).toBeLessThan(most);
  });
});
