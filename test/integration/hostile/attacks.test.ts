import { once } from 'node:events';
import { connect } from 'node:net';
import { generateKeyPair, SignJWT, exportJWK, UnsecuredJWT } from 'jose';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signUp, startTestApp, type Account, type TestApp } from '../../support/app.ts';
import { countResolvers } from '../../support/count-resolvers.ts';
import { cpuMs } from '../../support/cpu.ts';
import {
  answerSchema,
  openSocket,
  post,
  toAnswer,
  type RawAnswer,
  type RawSocket,
} from '../../support/raw-graphql.ts';
import { openConnection } from '../../support/raw-socket.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import { claimsOf, encode, forge, keyId, testSecret } from '../../support/tokens.ts';

/** Refusals are to take less than 100 ms, and take a few. That is told, not judged: the machine may be busy. */
const wantedMs = 100;
/** What is judged is their CPU, by that of an ordinary request. What attacks without bounds takes hundreds of times. */
const tolerated = 30;
/** How often each is tried. */
const tries = 5;

const resolversRun = countResolvers();
let app: TestApp;
let account: Account;
/** How long each refusal took, told at the end. */
const medians: { what: string; ms: number }[] = [];
let ordinaryCpuMs: number;

beforeAll(async () => {
  app = await startTestApp({ JWT_SECRET: testSecret, INTROSPECTION: 'false' });
  account = await signUp(app);
  // The first request through a path compiles it.
  await refusedOver.HTTP({ query: deep(50) });
  await refusedOver.SSE({ query: deep(50) });
  ordinaryCpuMs = await cpuMs(() => post(app, { query: '{ me { id } }' }, as(account.token)));
});
afterAll(async () => {
  const sorted = medians.toSorted((a, b) => a.ms - b.ms);
  const [median, slowest] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  const late = sorted.filter(({ ms }) => ms >= wantedMs).length;
  process.stdout.write(
    `${sorted.length} refusals, medians of ${tries} tries: half of them within ${median?.ms.toFixed(1)} ms, the slowest ${slowest?.ms.toFixed(1)} ms (${slowest?.what}), ${late} above ${wantedMs} ms\n`,
  );
  await app[Symbol.asyncDispose]();
});
beforeEach(() => void resolversRun());

type Operation = { query: string; variables?: unknown; operationName?: string };
/** How an answer went: its first code, and how long it took. */
type Refusal = { code: unknown; ms: number };

const as = (token: string) => ({ authorization: `Bearer ${token}` });
const toRefusal = ({ errors, status, ms }: RawAnswer): Refusal => {
  expect(status).toBeLessThan(500);
  return { code: errors[0]?.extensions?.['code'], ms };
};

/** Has something refused several times over. @returns the last answer; how long it took in the middle is kept. */
async function refusedEachTime<Answer extends { ms: number }>(
  what: string,
  attack: () => Promise<Answer>,
): Promise<Answer> {
  const answers: Answer[] = [];
  const leastCpuMs = await cpuMs(async () => answers.push(await attack()), tries);
  const [last, ms] = [answers.at(-1), answers.map((answer) => answer.ms).toSorted((a, b) => a - b)];
  if (last === undefined) throw new Error('nothing was tried');
  medians.push({ what, ms: ms[Math.floor(tries / 2)] ?? Number.NaN });
  expect(leastCpuMs).toBeLessThan(tolerated * ordinaryCpuMs);
  return last;
}

const refusedOver = {
  HTTP: async (operation: Operation): Promise<Refusal> =>
    toRefusal(await post(app, operation, as(account.token))),
  SSE: async (operation: Operation): Promise<Refusal> =>
    toRefusal(await post(app, operation, { ...as(account.token), accept: 'text/event-stream' })),
  /** The operation gets its error, and the socket goes on. */
  WebSocket: async (operation: Operation): Promise<Refusal> => {
    await using socket = await openSocket(app, account.token);
    const startedAt = performance.now();
    socket.say({ type: 'subscribe', id: 'attack', payload: operation });
    const message = await socket.hear(({ id }) => id === 'attack');
    const ms = performance.now() - startedAt;
    socket.say({ type: 'ping' });
    await socket.hear(({ type }) => type === 'pong');
    const errors = Array.isArray(message.payload) ? message.payload : Object(message.payload).errors;
    return { code: errors?.[0]?.extensions?.code, ms };
  },
};

const times = (count: number, piece: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => piece(n)).join(' ');
const deep = (depth: number) =>
  `{ ${'campaigns { edges { node '.repeat(depth)}{ id }${' } }'.repeat(depth)} }`;
const nested = (depth: number) => {
  // Made by hand: JSON.stringify has not the stack for it.
  return `{"query":"query($filter: PostFilter) { posts(filter: $filter) { edges { cursor } } }","variables":{"filter":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}}`;
};
const watch = 'subscription { userEvents { cursor } }';
const login = 'login(input: { email: "a@example.com", password: "wrong horse" }) { __typename }';
const fragments = (count: number) =>
  `{ ...F0 } ${times(count, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F${count} on Query { me { id } }`;

/** Documents that ask for too much, or are none; each must be refused by every transport before anything runs. */
const documents: [string, Operation, string][] = [
  ['101 aliases', { query: `{ ${times(101, (n) => `a${n}: me { id }`)} }` }, 'DOCUMENT_TOO_LARGE'],
  [
    '101 log-ins by alias',
    { query: `mutation { ${times(101, (n) => `a${n}: ${login}`)} }` },
    'DOCUMENT_TOO_LARGE',
  ],
  [
    '10 directives at a field',
    { query: `{ me ${times(10, () => '@include(if: true)')} { id } }` },
    'DOCUMENT_TOO_LARGE',
  ],
  [
    '25 directives',
    { query: `{ me { ${times(25, () => 'id @include(if: true)')} } }` },
    'DOCUMENT_TOO_LARGE',
  ],
  ['10,000 fields', { query: `{ me { ${times(10_000, () => 'id')} } }` }, 'DOCUMENT_TOO_LARGE'],
  ['600 fields', { query: `{ me { ${times(600, () => 'id')} } }` }, 'DOCUMENT_TOO_LARGE'],
  ['a depth of 50', { query: deep(50) }, 'DOCUMENT_TOO_LARGE'],
  [
    'a depth of 50 in a fragment',
    { query: `{ ...F } fragment F on Query ${deep(50)}` },
    'DOCUMENT_TOO_LARGE',
  ],
  [
    'a cost past all bounds',
    { query: `{ campaigns(first: 100) { edges { node { ${times(210, (n) => `n${n % 40}: id`)} } } } }` },
    'DOCUMENT_TOO_LARGE',
  ],
  ['fragments that double 30 times', { query: fragments(30) }, 'DOCUMENT_TOO_LARGE'],
  ['fragments that double 200 times', { query: fragments(200) }, 'DOCUMENT_TOO_LARGE'],
  [
    'circular fragments',
    { query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' },
    'INVALID_INPUT',
  ],
  ['a fragment within itself', { query: '{ ...A } fragment A on Query { me { id } ...A }' }, 'INVALID_INPUT'],
  ['30,000 braces', { query: '{'.repeat(30_000) }, 'DOCUMENT_TOO_LARGE'],
  ['30,000 nested fields', { query: `${'{a'.repeat(15_000)}${'}'.repeat(15_000)}` }, 'DOCUMENT_TOO_LARGE'],
  ['30,000 brackets', { query: `{ nodes(ids: ${'['.repeat(30_000)}` }, 'DOCUMENT_TOO_LARGE'],
  ['a name of 60,000 letters', { query: `{ ${'a'.repeat(60_000)} }` }, 'DOCUMENT_TOO_LARGE'],
  ['a comment of 60,000 letters', { query: `# ${'a'.repeat(60_000)}\n{ me { id } }` }, 'DOCUMENT_TOO_LARGE'],
  ['nothing', { query: ' ' }, 'SYNTAX_ERROR'],
  ['a NUL', { query: '{ me { id\0 } }' }, 'SYNTAX_ERROR'],
  ['a lone surrogate in a string', { query: '{ node(id: "\\uD800") { id } }' }, 'SYNTAX_ERROR'],
  ['a lone surrogate', { query: '{ me { \ud800 } }' }, 'SYNTAX_ERROR'],
  [
    'two operations without a name',
    { query: 'query A { me { id } } query B { me { id } }' },
    'OPERATION_RESOLUTION_FAILURE',
  ],
  [
    'a name that no operation has',
    { query: 'query A { me { id } }', operationName: 'B' },
    'OPERATION_RESOLUTION_FAILURE',
  ],
  ['a fragment alone', { query: 'fragment A on Query { me { id } }' }, 'OPERATION_RESOLUTION_FAILURE'],
  ['the schema', { query: '{ __schema { types { name } } }' }, 'INVALID_INPUT'],
  ['a type of the schema', { query: '{ __type(name: "User") { name } }' }, 'INVALID_INPUT'],
  ['a field called __proto__', { query: '{ __proto__ { id } }' }, 'INVALID_INPUT'],
  [
    'a deferred stream of an unknown directive',
    { query: '{ me @stream(initialCount: 1) { id } }' },
    'INVALID_INPUT',
  ],
  [
    '__proto__ in variables',
    {
      query: 'query($f: PostFilter) { posts(filter: $f) { edges { cursor } } }',
      variables: JSON.parse('{"f":{"__proto__":{"status":"PENDING"}}}'),
    },
    'INVALID_INPUT',
  ],
  [
    'a number too big for Int',
    { query: '{ campaigns(first: 99999999999) { edges { cursor } } }' },
    'INVALID_INPUT',
  ],
];

describe.each(['HTTP', 'SSE', 'WebSocket'] as const)('over %s', (transport) => {
  it.each(documents)('%s: refused, before anything runs', async (what, operation, code) => {
    const refusal = await refusedEachTime(`${what} over ${transport}`, () =>
      refusedOver[transport](operation),
    );
    expect(refusal.code).toBe(code);
    expect(resolversRun()).toBe(0);
  });

  it.each([
    ['101 entries of a page', '{ campaigns(first: 101) { edges { cursor } } }'],
    ['a negative page', '{ campaigns(first: -1) { edges { cursor } } }'],
    ['101 nodes', `{ nodes(ids: [${times(101, () => `"${btoa(`Post:${crypto.randomUUID()}`)}"`)}]) { id } }`],
    ['a cursor that is none', '{ campaigns(after: "__proto__") { edges { cursor } } }'],
    ['a NUL in an id', '{ campaign(id: "a\\u0000b") { id } }'],
    ['SQL in an id', `{ post(id: "' OR 1=1 --") { id } }`],
  ])('%s: named as bad input', async (what, query) => {
    const attack = () => refusedOver[transport]({ query });
    expect((await refusedEachTime(`${what} over ${transport}`, attack)).code).toBe('INVALID_INPUT');
  });
});

/** Tokens that are none of ours. */
const tokens: [string, (token: string) => string | Promise<string>][] = [
  ['alg: none', (token) => new UnsecuredJWT(claimsOf(token)).encode()],
  [
    'alg: none with our type and key id',
    async (token) => {
      const header = { alg: 'none', typ: 'at+jwt', kid: keyId(testSecret) };
      return `${encode(header)}.${encode(claimsOf(token))}.`;
    },
  ],
  ['a cut-off signature', (token) => token.slice(0, token.lastIndexOf('.') + 1)],
  [
    'claims changed under the signature',
    (token) => {
      const [header, , signature] = token.split('.');
      return `${header}.${encode({ ...claimsOf(token), sub: crypto.randomUUID() })}.${signature}`;
    },
  ],
  ['another secret', (token) => forge(token, { secret: 'x'.repeat(40) })],
  ['an empty secret’s worth of zeros', (token) => forge(token, { secret: '\0'.repeat(32) })],
  ['our secret under an unknown kid', (token) => forge(token, { header: { kid: 'other' } })],
  ['a kid that is a path', (token) => forge(token, { header: { kid: '../../../../../dev/null' } })],
  ['a kid that is SQL', (token) => forge(token, { header: { kid: "' UNION SELECT 'x" } })],
  ['a kid called __proto__', (token) => forge(token, { header: { kid: '__proto__' } })],
  ['HS512 with our secret', (token) => forge(token, { header: { alg: 'HS512' } })],
  [
    'a key of its own (jwk)',
    async (token) => {
      const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
      return new SignJWT(claimsOf(token))
        .setProtectedHeader({
          alg: 'ES256',
          typ: 'at+jwt',
          kid: keyId(testSecret),
          jwk: await exportJWK(publicKey),
        })
        .sign(privateKey);
    },
  ],
  [
    'a key elsewhere (jku)',
    (token) => forge(token, { header: { jku: 'http://127.0.0.1:9/keys' }, secret: 'x'.repeat(40) }),
  ],
  [
    'a certificate elsewhere (x5u)',
    (token) => forge(token, { header: { x5u: 'http://127.0.0.1:9/x' }, secret: 'x'.repeat(40) }),
  ],
  ['an unknown critical header', (token) => forge(token, { header: { crit: ['pressrun'], pressrun: true } })],
  ['another issuer', (token) => forge(token, { claims: { iss: 'elsewhere' } })],
  ['another audience', (token) => forge(token, { claims: { aud: 'elsewhere' } })],
  ['another type', (token) => forge(token, { header: { typ: 'JWT' } })],
  ['no type', (token) => forge(token, { header: { typ: undefined } })],
  ['no expiry', (token) => forge(token, { claims: { exp: undefined } })],
  ['no session', (token) => forge(token, { claims: { sid: undefined } })],
  ['a session that is none', (token) => forge(token, { claims: { sid: crypto.randomUUID() } })],
  ['a session that is no UUID', (token) => forge(token, { claims: { sid: "' OR 1=1" } })],
  [
    'a clock two hours behind',
    (token) => forge(token, { claims: { iat: now() - 7_200, exp: now() - 6_300 } }),
  ],
  [
    'a clock two hours ahead',
    (token) => forge(token, { claims: { iat: now() + 7_200, exp: now() + 8_100 } }),
  ],
  ['a life of a year', (token) => forge(token, { claims: { iat: now() - 3_600, exp: now() + 31_536_000 } })],
  ['rubbish', () => 'rubbish'],
  ['seven kilobytes', () => 'a.'.repeat(3_500)],
];
const now = () => Math.floor(Date.now() / 1000);

describe('a token', () => {
  const query = '{ campaigns { edges { cursor } } }';

  it.each(tokens)('%s: refused over HTTP', async (what, make) => {
    const token = await make(account.token);
    const refusal = await refusedEachTime(`${what} over HTTP`, async () =>
      toRefusal(await post(app, { query }, as(token))),
    );
    expect(refusal.code).toBe('UNAUTHENTICATED');
  });

  it.each(tokens)('%s: refused over SSE', async (what, make) => {
    const headers = { ...as(await make(account.token)), accept: 'text/event-stream' };
    const refusal = await refusedEachTime(`${what} over SSE`, async () =>
      toRefusal(await post(app, { query: watch }, headers)),
    );
    expect(refusal.code).toBe('UNAUTHENTICATED');
  });

  it.each(tokens)('%s: refused over WebSocket', async (what, make) => {
    const token = await make(account.token);
    const { code } = await refusedEachTime(`${what} over WebSocket`, async () => {
      const startedAt = performance.now();
      await using socket = await openSocket(app, token);
      return { code: await socket.closed, ms: performance.now() - startedAt };
    });
    expect(code).toBe(4403);
  });

  it('that is forged as ours is believed: the refusals above have the reason that they name', async () => {
    const token = forge(account.token);
    expect((await post(app, { query: '{ me { id } }' }, as(token))).data).toEqual({ me: { id: account.id } });
  });
});

describe('a request', () => {
  const query = '{ me { id } }';
  const json = { 'content-type': 'application/json' };
  const raw = async (init: RequestInit, path = '/graphql') => {
    const startedAt = performance.now();
    return toAnswer(await fetch(app.url + path, init), startedAt);
  };
  const mutation = encodeURIComponent(`mutation { ${login} }`);

  it.each<[string, () => Promise<RawAnswer>, number, string | undefined]>([
    ['mutating by GET', () => raw({}, `/graphql?query=${mutation}`), 405, 'BAD_REQUEST'],
    [
      'of a form',
      () =>
        raw({
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: `query=${mutation}`,
        }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'as text/plain',
      () =>
        raw({ method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify({ query }) }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'of a multipart form',
      () =>
        raw({
          method: 'POST',
          headers: { 'content-type': 'multipart/form-data; boundary=x' },
          body: '--x--',
        }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'as application/graphql',
      () => raw({ method: 'POST', headers: { 'content-type': 'application/graphql' }, body: query }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'without a type',
      () => raw({ method: 'POST', headers: { 'content-type': '' }, body: query }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'of an evil origin',
      () =>
        raw({
          method: 'POST',
          headers: { ...json, origin: 'https://evil.example' },
          body: JSON.stringify({ query }),
        }),
      403,
      'ORIGIN_NOT_ALLOWED',
    ],
    [
      'of another server of this machine, outside of development',
      () =>
        raw({
          method: 'POST',
          headers: { ...json, origin: 'http://localhost:5173' },
          body: JSON.stringify({ query }),
        }),
      403,
      'ORIGIN_NOT_ALLOWED',
    ],
    [
      'of the origin null',
      () => raw({ method: 'POST', headers: { ...json, origin: 'null' }, body: JSON.stringify({ query }) }),
      403,
      'ORIGIN_NOT_ALLOWED',
    ],
    [
      'that asks before it comes from an evil origin',
      () =>
        raw({
          method: 'OPTIONS',
          headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
        }),
      403,
      'ORIGIN_NOT_ALLOWED',
    ],
    [
      'of two megabytes',
      () =>
        raw({
          method: 'POST',
          headers: json,
          body: JSON.stringify({ query, variables: { x: 'x'.repeat(2_000_000) } }),
        }),
      413,
      'REQUEST_TOO_LARGE',
    ],
    [
      'of a batch',
      () => raw({ method: 'POST', headers: json, body: JSON.stringify([{ query }, { query }]) }),
      400,
      'BAD_REQUEST',
    ],
    ['of no JSON', () => raw({ method: 'POST', headers: json, body: '{"query":' }), 400, 'BAD_REQUEST'],
    ['of null', () => raw({ method: 'POST', headers: json, body: 'null' }), 400, 'BAD_REQUEST'],
    [
      'with a query that is a number',
      () => raw({ method: 'POST', headers: json, body: '{"query": 1}' }),
      400,
      'BAD_REQUEST',
    ],
    [
      'with variables that are a list',
      () => raw({ method: 'POST', headers: json, body: JSON.stringify({ query, variables: [] }) }),
      400,
      'BAD_REQUEST',
    ],
    [
      'by PUT',
      () => raw({ method: 'PUT', headers: json, body: JSON.stringify({ query }) }),
      405,
      'BAD_REQUEST',
    ],
    ['by DELETE', () => raw({ method: 'DELETE' }), 405, 'BAD_REQUEST'],
    ['for a picture out of the folder', () => raw({}, '/assets/..%2f..%2ftoken-secret'), 404, undefined],
    ['for a picture called __proto__', () => raw({}, '/assets/__proto__'), 404, undefined],
  ])('%s: refused', async (what, send, status, code) => {
    const answer = await refusedEachTime(`a request ${what}`, send);
    expect([answer.status, answer.errors[0]?.extensions?.['code']]).toEqual([status, code]);
    expect(resolversRun()).toBe(0);
  });

  it('with variables 100,000 deep: named as bad input', async () => {
    const refusal = await refusedEachTime('variables 100,000 deep', async () =>
      toRefusal(await post(app, nested(100_000), as(account.token))),
    );
    expect(refusal.code).toBe('INVALID_INPUT');
  });

  it('without a length is counted as it comes, and refused at the limit', async () => {
    using connection = await openConnection(app.url);
    connection.socket.write(
      'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const chunk = `10000\r\n${' '.repeat(0x1_00_00)}\r\n`;
    // One chunk beyond the limit of a mebibyte; the body never ends.
    for (let count = 0; count < 17; count += 1) connection.socket.write(chunk);
    await waitUntil('the answer', () => connection.heard().includes('REQUEST_TOO_LARGE'));
    expect(connection.heard().toString()).toMatch(/^HTTP\/1\.1 413 /);
    await waitUntil('the server to hang up', () => connection.socket.closed);
  });

  it('is answered with headers that let browsers take no liberties', async () => {
    const response = await fetch(`${app.url}/graphql?query={me{id}}`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'referrer-policy': 'no-referrer',
    });
    expect(response.headers.get('strict-transport-security')).toBeNull();
  });

  it('is told no names that it guessed nearly', async () => {
    const { errors } = await post(app, { query: '{ campaing(id: "x") { id } }' });
    expect(errors[0]?.message).not.toMatch(/did you mean|campaigns?"/i);
  });
});

/** A frame that closes a WebSocket begins so: of 19 bytes, with 4429. */
const closeFrame = Buffer.from([0x88, 19, 4429 >> 8, 4429 & 0xff]);

/** A WebSocket's text frame, as a client sends it: masked, with zeros. */
function frame(message: object): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.from([0x81, 0x80 + 126, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16BE(text.length, 2);
  return Buffer.concat([head, text]);
}

describe('a WebSocket', () => {
  const url = () => `${app.url.replace(/^http/, 'ws')}/graphql`;
  const statusOf = async (headers: Record<string, string>) => {
    const socket = new WebSocket(url(), 'graphql-transport-ws', { headers });
    const [, response] = await once(socket, 'unexpected-response');
    return Object(response).statusCode;
  };

  it.each(['https://evil.example', 'null', 'http://127.0.0.1.evil.example', 'http://localhost:5173'])(
    'of the origin %s is not opened',
    async (origin) => {
      expect(await statusOf({ origin })).toBe(403);
    },
  );

  it('of this server’s own pages is opened', async () => {
    await using socket = await openSocket(app, account.token, { origin: app.url });
    expect(socket.received[0]?.type).toBe('connection_ack');
  });

  it('of another protocol is not served', async () => {
    const socket = new WebSocket(url(), 'graphql-ws');
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('Server sent no subprotocol');
  });

  it('with a frame of 50 MB is closed', async () => {
    await using socket = await openSocket(app, account.token);
    socket.say(Buffer.alloc(50 * 1024 * 1024, 32));
    expect([1009, 1006]).toContain(await socket.closed);
  });

  it.each([
    ['rubbish', 'rubbish', 4400],
    ['a message of no kind', { type: 'attack' }, 4400],
    ['a second connection_init', { type: 'connection_init' }, 4429],
  ])('that says %s is closed', async (_what, message, code) => {
    await using socket = await openSocket(app, account.token);
    socket.say(message);
    expect(await socket.closed).toBe(code);
  });

  it('that subscribes before it says who it is, is closed', async () => {
    await using socket = await openSocket(app, null);
    socket.say({ type: 'subscribe', id: '1', payload: { query: '{ me { id } }' } });
    expect(await socket.closed).toBe(4401);
  });

  it('that says nothing at all is closed', async () => {
    await using socket = await openSocket(app, null);
    expect(await socket.closed).toBe(4408);
  });

  const subscribe = (socket: RawSocket, count: number) => {
    for (let id = 0; id < count; id += 1)
      socket.say({ type: 'subscribe', id: String(id), payload: { query: watch } });
  };

  it('with 400 subscriptions, as many as it may ask for at once, is refused most of them, and lives', async () => {
    await using socket = await openSocket(app, account.token);
    subscribe(socket, 400);
    const refusal = await socket.hear(({ type }) => type === 'error');
    expect(answerSchema.parse({ errors: refusal.payload }).errors[0]?.extensions).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfter: 1,
    });
    expect(socket.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('with 2,000 subscriptions is refused most of them, and closed, and the next one is served', async () => {
    {
      await using socket = await openSocket(app, account.token);
      subscribe(socket, 2_000);
      expect(await socket.closed).toBe(4429);
      const told = new Set(socket.received.map(({ id, type }) => (type === 'next' ? id : undefined)));
      expect(told.size).toBeLessThanOrEqual(101);
    }
    // A hundred of its own, and what the socket before was still told.
    expect(resolversRun()).toBeLessThanOrEqual(200);
    await using next = await openSocket(app, account.token);
    subscribe(next, 1);
    await next.hear(({ type }) => type === 'next');
  });

  it('that floods, and does not hear that it is closed, is cut off, and nothing more is run', async () => {
    const { port, hostname } = new URL(app.url);
    const connection = connect(Number(port), hostname);
    let heard = Buffer.of();
    connection.on('data', (bytes: Buffer) => (heard = Buffer.concat([heard, bytes])));
    // It may be reset in the middle of a frame.
    connection.on('error', () => undefined);
    connection.write(
      'GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n' +
        'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n',
    );
    await once(connection, 'data');
    connection.write(
      frame({ type: 'connection_init', payload: { authorization: `Bearer ${account.token}` } }),
    );
    await once(connection, 'data');
    connection.write(Buffer.concat(Array.from({ length: 600 }, () => frame({ type: 'ping' }))));
    await waitUntil('the close', () => heard.includes(closeFrame));
    const payload = { query: '{ me { id } }' };
    for (let id = 0; id < 50; id += 1)
      connection.write(frame({ type: 'subscribe', id: String(id), payload }));
    await waitUntil('the end', () => connection.closed);
    expect(resolversRun()).toBe(0);
  });

  it('that floods is closed', async () => {
    await using socket = await openSocket(app, account.token);
    for (let frame = 0; frame < 2_000; frame += 1) socket.say({ type: 'ping' });
    expect(await socket.closed).toBe(4429);
  });
});

it('500 clients that send their headers a byte at a time keep nobody else waiting', async () => {
  const { port, hostname } = new URL(app.url);
  const sockets = Array.from({ length: 500 }, () => connect(Number(port), hostname));
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.resume();
      socket.write('POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: appl');
    }
    const { data } = await post(app, { query: '{ me { id } }' }, as(account.token));
    expect(data).toEqual({ me: { id: account.id } });
    expect(sockets.some(({ closed }) => closed)).toBe(false);
    // All of them are hung up on when their time is over.
    await waitUntil('all of them to be gone', () => sockets.every(({ closed }) => closed));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});
