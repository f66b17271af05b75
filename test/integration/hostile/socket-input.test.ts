import { once } from 'node:events';
import { describe, expect } from 'vitest';
import { test } from '../../support/fixtures.ts';
import { openSocket } from '../../support/raw-graphql.ts';
import { closeCodeIn, frame, opcodes, openFrames, type Connection } from '../../support/raw-socket.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

const watch = 'subscription { userEvents { cursor } }';
const initialised = async (connection: Connection) => {
  connection.socket.write(frame({ type: 'connection_init' }));
  await once(connection.socket, 'data');
};
const codeOf = async (connection: Connection) => {
  await waitUntil('the close', () => closeCodeIn(connection.heard()) !== undefined);
  return closeCodeIn(connection.heard());
};

describe('what a WebSocket may send', () => {
  test('is 8 KB before its connection_init is accepted, complete or not', async ({ app }) => {
    using connection = await openFrames(app.url);
    connection.socket.write(frame(Buffer.alloc(9_000, 32), { announced: 1_000_000 }));
    expect(await codeOf(connection)).toBe(1009);
  });

  test('are control frames at the rate of all others', async ({ app }) => {
    using connection = await openFrames(app.url);
    await initialised(connection);
    connection.socket.write(
      Buffer.concat(Array.from({ length: 600 }, () => frame('', { opcode: opcodes.pong }))),
    );
    expect(await codeOf(connection)).toBe(4429);
  });

  test('are fragments at the rate of whole messages', async ({ app }) => {
    using connection = await openFrames(app.url);
    await initialised(connection);
    connection.socket.write(frame(' ', { fin: false }));
    const more = frame(' ', { opcode: opcodes.continuation, fin: false });
    connection.socket.write(Buffer.concat(Array.from({ length: 600 }, () => more)));
    expect(await codeOf(connection)).toBe(4429);
  });

  test('are 16 MiB of unfinished messages with all others of its network: those beyond are told to come again, whole ones are served', async ({
    app,
    account,
  }) => {
    const connections = await Promise.all(Array.from({ length: 40 }, () => openFrames(app.url)));
    try {
      for (const connection of connections) {
        await initialised(connection);
        connection.socket.write(frame(Buffer.alloc(900_000, 32), { announced: 1_000_000 }));
      }
      const closed = () =>
        connections.filter((connection) => closeCodeIn(connection.heard()) === 1013).length;
      await waitUntil('the bound', () => closed() >= 20);
      await using socket = await openSocket(app, account.token);
      socket.say({ type: 'subscribe', id: '1', payload: { query: '{ me { id } }' } });
      expect((await socket.hear(({ type }) => type === 'next')).payload).toEqual({
        data: { me: { id: account.id } },
      });
    } finally {
      for (const connection of connections) connection[Symbol.dispose]();
    }
  });
});

describe('an operation', () => {
  test('has an id of 128 characters at most', async ({ app, account }) => {
    await using socket = await openSocket(app, account.token);
    const [longest, longer] = ['i'.repeat(128), 'i'.repeat(129)];
    socket.say({ type: 'subscribe', id: longest, payload: { query: '{ me { id } }' } });
    await socket.hear(({ type, id }) => type === 'complete' && id === longest);
    socket.say({ type: 'subscribe', id: longer, payload: { query: '{ me { id } }' } });
    expect(await socket.closed).toBe(4400);
    expect(socket.received.some(({ id }) => id === longer)).toBe(false);
  });

  test('whose id is taken closes the socket with the code for that, however long the id is', async ({
    app,
    account,
  }) => {
    await using socket = await openSocket(app, account.token);
    for (let count = 0; count < 2; count += 1)
      socket.say({ type: 'subscribe', id: 'ü'.repeat(120), payload: { query: watch } });
    expect(await socket.closed).toBe(4409);
  });

  test('is refused where a hundred are open, and only then, also when all are opened at once', async ({
    app,
    account,
  }) => {
    await using socket = await openSocket(app, account.token);
    for (let id = 0; id < 105; id += 1)
      socket.say({ type: 'subscribe', id: String(id), payload: { query: watch } });
    const idsOf = (wanted: string) =>
      new Set(socket.received.filter(({ type }) => type === wanted).map(({ id }) => id));
    await waitUntil('all to be answered', () => idsOf('next').size + idsOf('error').size === 105);
    expect(idsOf('error')).toEqual(new Set(['100', '101', '102', '103', '104']));
  });
});

test('a subscription has at most 16 KB of variables, which are kept as long as it lasts', async ({
  app,
  account,
}) => {
  await using socket = await openSocket(app, account.token);
  const query = 'subscription { userEvents { cursor } }';
  const pad = (length: number) => ({ query, variables: { pad: 'p'.repeat(length) } });
  socket.say({ type: 'subscribe', id: 'large', payload: pad(16 * 1024) });
  socket.say({ type: 'subscribe', id: 'small', payload: pad(16 * 1024 - 20) });
  const refused = await socket.hear(({ id }) => id === 'large');
  expect(refused.payload).toEqual({
    errors: [
      {
        message: 'The variables of a subscription have at most 16384 characters.',
        extensions: { code: 'INVALID_INPUT', field: 'variables' },
      },
    ],
    data: null,
  });
  const served = await socket.hear(({ id }) => id === 'small');
  expect(served.payload).toEqual({ data: { userEvents: { cursor: '0' } } });
});

test('a ping is answered without its payload, which may hold a token', async ({ app, account }) => {
  await using socket = await openSocket(app, account.token);
  socket.say({ type: 'ping', payload: { authorization: `Bearer ${account.token}` } });
  expect(await socket.hear(({ type }) => type === 'pong')).toEqual({ type: 'pong' });
});

test('a ping whose payload is nested 150,000 deep leaves the socket open', async ({ app, account }) => {
  await using socket = await openSocket(app, account.token);
  socket.say(`{"type":"ping","payload":${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}}`);
  await socket.hear(({ type }) => type === 'pong');
  expect(socket.socket.readyState).toBe(socket.socket.OPEN);
});
