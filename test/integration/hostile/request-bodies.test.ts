import { request } from 'node:http';
import { expect } from 'vitest';
import { test } from '../../support/fixtures.ts';
import { post } from '../../support/raw-graphql.ts';
import { openConnection } from '../../support/raw-socket.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

test('a body is read whole, however small its pieces are', async ({ app }) => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const sent = request(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  sent.on('error', reject);
  sent.on('response', (response) => {
    response.toArray().then((pieces) => resolve(Buffer.concat(pieces).toString()), reject);
  });
  const body = JSON.stringify({ query: `{ me { id } } # ${'x'.repeat(30_000)}` });
  for (let at = 0; at < body.length; at += 7) sent.write(body.slice(at, at + 7));
  sent.end();
  expect(JSON.parse(await promise)).toEqual({ data: { me: null } });
});

test('bodies of half a megabyte that come all at once are all answered', async ({ app }) => {
  const body = `${JSON.stringify({ query: '{ me { id } }' })}${' '.repeat(500_000)}`;
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(app, body)));
  expect(answers.map(({ data }) => data)).toEqual(answers.map(() => ({ me: null })));
});

test('unfinished bodies of a network are 16 MiB together: those beyond are cut, whole ones are answered', async ({
  app,
}) => {
  const connections = await Promise.all(Array.from({ length: 40 }, () => openConnection(app.url)));
  try {
    for (const { socket } of connections) {
      socket.write(
        'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n',
      );
      socket.write(Buffer.alloc(900_000, 32));
    }
    await waitUntil('the bound', () => connections.filter(({ socket }) => socket.closed).length >= 20);
    expect((await post(app, { query: '{ me { id } }' })).data).toEqual({ me: null });
  } finally {
    for (const connection of connections) connection[Symbol.dispose]();
  }
});

test('a network that fills up what it may have unfinished is still answered, and its largest body is told to come again', async ({
  app,
}) => {
  const mebibyte = 1024 * 1024;
  const connections = await Promise.all(Array.from({ length: 16 }, () => openConnection(app.url)));
  try {
    for (const { socket } of connections) {
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${mebibyte}\r\n\r\n`,
      );
      await new Promise<void>((resolve) => socket.write(Buffer.alloc(mebibyte - 1, 32), () => resolve()));
    }
    const asked = { query: '{ me { id } }' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(app, asked)));
    expect(answers.map(({ data }) => data)).toEqual(answers.map(() => ({ me: null })));
    expect(connections.filter(({ socket }) => socket.closed)).toEqual([]);

    using seventeenth = await openConnection(app.url);
    seventeenth.socket.write(
      'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const body = JSON.stringify(asked);
    seventeenth.socket.write(`${body.length.toString(16)}\r\n${body}\r\n`);
    const refused = () =>
      connections.filter(({ heard }) =>
        /^HTTP\/1.1 503 [^]*\r\nretry-after: 1\r\n/i.test(heard().toString()),
      );
    await waitUntil('a refusal', () => refused().length === 1);
    seventeenth.socket.write('0\r\n\r\n');
    await waitUntil('the answer', () => seventeenth.heard().includes('{"data":{"me":null}}'));
  } finally {
    for (const connection of connections) connection[Symbol.dispose]();
  }
});
