import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { clockMs, serveParent } from '../support/child.ts';

/**
 * Sends one request over and over, from a process of its own. It writes bytes that were made once and reads no
 * more of an answer than its status and its length, so that it takes little from a machine that it shares.
 */
const question = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  connections: z.number(),
  ms: z.number(),
  /** Requests a second, sent whether or not answers come; undefined: each connection asks as soon as it has its answer. */
  perSecond: z.number().optional(),
});

type Connection = { ask(): Promise<void>; close(): void };

const endOfHead = Buffer.from('\r\n\r\n');

/** A connection that is kept alive, with one request at a time. */
async function open(port: number, hostname: string, request: Buffer): Promise<Connection> {
  const socket: Socket = connect({ port, host: hostname, noDelay: true });
  let waiting: { resolve: () => void; reject: (error: Error) => void } | undefined;
  let received: Buffer = Buffer.alloc(0);
  const fail = (error: Error) => {
    waiting?.reject(error);
    waiting = undefined;
  };
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const head = received.indexOf(endOfHead);
    if (head === -1) return;
    const text = received.toString('latin1', 0, head);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    if (length === undefined) return fail(new Error(`an answer without a length: ${text}`));
    if (received.length < head + endOfHead.length + Number(length)) return;
    received = Buffer.alloc(0);
    if (!text.startsWith('HTTP/1.1 200')) return fail(new Error(text));
    waiting?.resolve();
    waiting = undefined;
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server hung up')));
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve).once('error', reject);
  await connected;
  return {
    ask() {
      const { promise, ...settle } = Promise.withResolvers<void>();
      waiting = settle;
      socket.write(request);
      return promise;
    },
    close: () => socket.destroy(),
  };
}

async function run(unparsed: unknown) {
  const { url, headers, body, connections, ms, perSecond } = question.parse(unparsed);
  const { port, hostname, pathname, host } = new URL(url);
  const head = Object.entries({ host, ...headers, 'content-length': String(Buffer.byteLength(body)) });
  const request = Buffer.from(
    `POST ${pathname} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
  const opened = await Promise.all(
    Array.from({ length: connections }, () => open(Number(port), hostname, request)),
  );
  const latenciesMs: number[] = [];
  let errors = 0;
  const timed = async (connection: Connection, dueAtMs: number) => {
    try {
      await connection.ask();
      latenciesMs.push(clockMs() - dueAtMs);
      return true;
    } catch (error) {
      if (errors === 0) process.stderr.write(`${String(error)}\n`);
      errors += 1;
      return false;
    }
  };
  const startedAtMs = clockMs();
  const endsAtMs = startedAtMs + ms;
  if (perSecond === undefined) {
    await Promise.all(
      opened.map(async (connection) => {
        while (clockMs() < endsAtMs && (await timed(connection, clockMs())));
      }),
    );
  } else {
    await sendAtRate(opened, perSecond, endsAtMs, timed);
  }
  const elapsedMs = clockMs() - startedAtMs;
  for (const connection of opened) connection.close();
  return { latenciesMs, errors, elapsedMs };
}

/** Open loop: a request is due at its moment, and its latency counts from there even where no connection was free. */
async function sendAtRate(
  opened: readonly Connection[],
  perSecond: number,
  endsAtMs: number,
  timed: (connection: Connection, dueAtMs: number) => Promise<boolean>,
): Promise<void> {
  // The one that has rested longest goes first, so that all of them are in use.
  const free = [...opened];
  const overdue: number[] = [];
  const busy: Promise<void>[] = [];
  const work = async (connection: Connection) => {
    for (let due = overdue.shift(); due !== undefined; due = overdue.shift()) await timed(connection, due);
    free.push(connection);
  };
  let dueAtMs = clockMs();
  while (dueAtMs < endsAtMs) {
    for (; dueAtMs <= clockMs(); dueAtMs += 1000 / perSecond) {
      overdue.push(dueAtMs);
      const connection = free.shift();
      if (connection !== undefined) busy.push(work(connection));
    }
    await delay(1);
  }
  await Promise.all(busy);
}

serveParent({ ready: {}, answer: run, close: async () => undefined });
