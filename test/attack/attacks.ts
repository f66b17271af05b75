import { frame, opcodes } from '../support/raw-socket.ts';
import { anonymous, connection, send, sendAll, stranger, withMany } from './send.ts';

/** @returns the bytes of the largest answer. */
export type Attack = { name: string; run(url: string, scale: Scale): Promise<number> };

export type Scale = {
  /** Sockets of one address. */
  sockets: number;
  /** Requests after one another. */
  requests: number;
  /** How long what is held open is held. */
  holdMs: number;
};

const mebibyte = 1024 * 1024;
/** Less than the largest request, with room for what is around it. */
const large = mebibyte - 200;

const inQuery = (query: string) => JSON.stringify({ query });
/** A body of a document that JSON writes longer than it is, cut to what is read. */
const fitting = (piece: string, bytes = large) => {
  const written = JSON.stringify(piece).length - 2;
  return piece.repeat(Math.floor(bytes / written));
};

const documents: [string, () => string][] = [
  ['an unclosed string of escaped quotes, 50 KB', () => inQuery(`"${'\\"'.repeat(24_990)}`)],
  ['an unclosed string of escaped quotes, 1 MiB', () => inQuery(`"${fitting('\\"')}`)],
  ['an unclosed block string, 1 MiB', () => inQuery(`"""${fitting('\\"""')}`)],
  ['unclosed braces, 1 MiB', () => inQuery(fitting('{'))],
  ['nested fields, 1 MiB', () => inQuery(fitting('{a'))],
  ['comments, 1 MiB', () => inQuery(fitting('#\n'))],
  ['control characters, 1 MiB', () => inQuery(fitting('\u0001'))],
  [
    'an enum value of 1 MB',
    () => inQuery(`{ campaigns(order: { by: ${'A'.repeat(large - 100)} }) { edges { cursor } } }`),
  ],
  ['overlapping fragments, 6 KB', () => inQuery(overlapping(110))],
  [
    'variables nested 170,000 deep',
    () => `{"query":"{ me { id } }","variables":{"a":${'['.repeat(170_000)}${']'.repeat(170_000)}}}`,
  ],
  [
    'variables of 100,000 names',
    () =>
      `{"query":"{ me { id } }","variables":{${Array.from({ length: 70_000 }, (_, n) => `"v${n}":1`).join()}}}`,
  ],
  ['a body of control characters, 1 MiB', () => '\u0001'.repeat(large)],
  ['an unknown parameter of 1 MB', () => JSON.stringify({ query: '{ me { id } }', ['p'.repeat(large)]: 1 })],
  [
    'a variable of 1 MB',
    () =>
      JSON.stringify({
        query: 'query($n: Int) { campaigns(first: $n) { edges { cursor } } }',
        variables: { n: fitting('\u0001') },
      }),
  ],
  ['a body of brackets, 1 MiB', () => '['.repeat(large)],
  [
    'an operation name of 1 MB',
    () => JSON.stringify({ query: '{ me { id } }', operationName: 'a'.repeat(large) }),
  ],
];

function overlapping(count: number): string {
  const names = Array.from({ length: count }, (_, n) => `F${n}`);
  const fragments = names.map((name) => `fragment ${name} on User{id email createdAt}`);
  return `{ me { ${names.map((name) => `...${name}`).join(' ')} } } ${fragments.join(' ')}`;
}

const overHttp = documents.map(([name, body]): Attack => ({
  name: `${name}, over HTTP`,
  async run(url, { requests }) {
    let bytes = 0;
    for (let count = 0; count < requests; count += 1) bytes = Math.max(bytes, await send(url, body()));
    return bytes;
  },
}));

const overSocket = documents.slice(0, 9).map(([name, body]): Attack => ({
  name: `${name}, over WebSocket`,
  run: (url, { holdMs }) =>
    withMany(
      1,
      anonymous(url),
      ({ socket }) =>
        void socket.write(frame(`{"type":"subscribe","id":"1","payload":${body()}}`.slice(0, mebibyte))),
      holdMs,
    ),
}));

const pongs = (bytes: number) =>
  Buffer.concat(Array.from({ length: Math.floor(bytes / 6) }, () => frame('', { opcode: opcodes.pong })));

const sockets: Attack[] = [
  ...(
    [
      ['a stranger', stranger],
      ['nobody', anonymous],
    ] as const
  ).map(([who, open]): Attack => ({
    name: `1-byte fragments, each behind 64 KB of pongs, of ${who}`,
    run: (url, { holdMs }) =>
      withMany(
        1,
        open(url),
        async ({ socket }) => {
          const flood = pongs(64 * 1024);
          socket.write(frame('a', { fin: false }));
          const more = frame('a', { opcode: opcodes.continuation, fin: false });
          for (let count = 0; count < 3_000 && !socket.destroyed; count += 1) {
            if (socket.write(Buffer.concat([flood, more]))) continue;
            await new Promise<void>((resolve) => {
              socket.once('drain', resolve);
              socket.once('close', resolve);
            });
          }
        },
        holdMs,
      ),
  })),
  ...(
    [
      ['strangers', stranger],
      ['nobody', anonymous],
    ] as const
  ).map(([who, open]): Attack => ({
    name: `sockets with an unfinished frame of 1 MB, of ${who}`,
    run: (url, { sockets: count, holdMs }) =>
      withMany(
        count,
        open(url),
        ({ socket }) => void socket.write(frame(Buffer.alloc(900_000, 32), { announced: 1_000_000 })),
        holdMs,
      ),
  })),
  {
    name: 'sockets that send pieces of one byte',
    run: (url, { sockets: count }) =>
      withMany(
        count,
        anonymous(url),
        async ({ socket }) => {
          socket.setNoDelay(true);
          socket.write(frame('', { announced: 1_000_000 }));
          for (let sent = 0; sent < 2_000 && !socket.destroyed; sent += 1) {
            socket.write(' ');
            await new Promise((resolve) => setImmediate(resolve));
          }
        },
        0,
      ),
  },
  {
    name: 'sockets with 100 operation ids of 1 MB each',
    run: (url, { holdMs }) =>
      withMany(
        1,
        anonymous(url),
        ({ socket }) => {
          for (let count = 0; count < 100; count += 1) {
            const id = String(count).padEnd(1_000_000, 'i');
            socket.write(frame({ type: 'subscribe', id, payload: { query: '{ me { id } }' } }));
          }
        },
        holdMs,
      ),
  },
  {
    name: 'sockets that send a message of 1 MiB, all at once',
    run: (url, { sockets: count, holdMs }) =>
      withMany(
        count,
        anonymous(url),
        ({ socket }) =>
          void socket.write(
            frame({ type: 'subscribe', id: '1', payload: { query: fitting('{a', large - 100) } }),
          ),
        holdMs,
      ),
  },
  {
    name: 'sockets that say nothing',
    run: (url, { sockets: count, holdMs }) => withMany(count, stranger(url), () => undefined, holdMs),
  },
];

const postHead = (more: string) =>
  `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${more}\r\n\r\n`;

/** The attacker is a trusted proxy, so that its word is read. */
const rubbish: Record<string, (n: number) => string> = {
  host: (n) => `${'a.'.repeat(200)}${n}`,
  origin: (n) => `http://${'a.'.repeat(2_000)}${n}`,
  accept: (n) => `a/${n},`.repeat(150),
  'x-forwarded-for': (n) => `${n},`.repeat(2_000),
  'x-forwarded-for of unusual spelling': () => '1::1.2.3.4',
  cookie: () => 'pressrun_refresh=;'.repeat(200),
  authorization: () => `Bearer ${'a'.repeat(2_000)}!`,
};

const requests: Attack[] = [
  {
    name: 'connections with an unfinished body of 1 MB',
    run: (url, { sockets: count, holdMs }) =>
      withMany(
        count,
        connection(url),
        ({ socket }) => {
          socket.write(postHead('content-length: 1000000'));
          socket.write(Buffer.alloc(900_000, 32));
        },
        holdMs,
      ),
  },
  {
    name: 'a body of 170,000 chunks of one byte',
    run: (url, { holdMs }) =>
      withMany(
        4,
        connection(url),
        ({ socket }) => {
          socket.write(postHead('transfer-encoding: chunked'));
          socket.write('1\r\n \r\n'.repeat(170_000));
        },
        holdMs,
      ),
  },
  {
    name: 'bodies of 1 MiB, all at once',
    run: (url, { sockets: count }) =>
      sendAll(Array.from({ length: count }, () => send(url, inQuery(fitting('{a'))))),
  },
  {
    name: 'a flood of health checks',
    async run(url, { sockets: count, requests: rounds }) {
      const path = '/health/ready';
      let bytes = 0;
      for (let round = 0; round < rounds * 2; round += 1)
        bytes = await sendAll(Array.from({ length: count }, () => send(url, '', { path, method: 'GET' })));
      return bytes;
    },
  },
  {
    name: 'offers of HTTP/2',
    run: (url, { sockets: count }) =>
      sendAll(
        Array.from({ length: count }, () =>
          send(url, inQuery('{ me { id } }'), {
            headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAEAAEAA' },
          }),
        ),
      ),
  },
  ...Object.entries(rubbish).map(([header, text]): Attack => ({
    name: `rubbish in the header ${header}`,
    run: (url, { sockets: count }) =>
      sendAll(
        Array.from({ length: count }, (_, n) =>
          send(url, inQuery('{ me { id } }'), {
            headers: { host: 'localhost', [header.split(' ', 1)[0] ?? '']: text(n) },
          }),
        ),
      ),
  })),
];

/** What anybody can do without an account. */
export const attacks: readonly Attack[] = [...overHttp, ...overSocket, ...sockets, ...requests];
