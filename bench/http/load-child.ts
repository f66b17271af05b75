import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import { serveParent } from '../support/child.ts';
import { startClock, type Clock } from './clock.ts';

/**
 * Sends one request over and over, from a process of its own. It writes bytes that were made once, and of an answer that
 * is as long as the one before it reads no more than the status: it has to be quicker than any server.
 */
const question = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  connections: z.number(),
  ms: z.number(),
  /** Requests a second, sent whether or not answers come; undefined: each connection asks as soon as it has its answer. */
  perSecond: z.number().optional(),
  /**
   * Whether it stays awake while it waits for answers. Waking a load that sleeps costs the server CPU, and a quick server
   * keeps the load busy and so pays that less often.
   */
  isAwake: z.boolean().default(false),
  /** What is due before is sent and not counted: connections are new then. */
  settleMs: z.number().default(0),
});

/** A connection that is kept alive, with one request at a time. */
type Connection = { ask(onAnswer: (error: Error | undefined) => void): void; close(): void };

const endOfHead = Buffer.from('\r\n\r\n');
const success = Buffer.from('HTTP/1.1 200');

async function open(port: number, hostname: string, request: Buffer): Promise<Connection> {
  const socket: Socket = connect({ port, host: hostname, noDelay: true });
  let tell: ((error: Error | undefined) => void) | undefined;
  let received: Buffer | undefined;
  let usualBytes = 0;
  const end = (error?: Error) => {
    const told = tell;
    received = undefined;
    tell = undefined;
    told?.(error);
  };
  socket.on('data', (chunk) => {
    received = received === undefined ? chunk : Buffer.concat([received, chunk]);
    if (received.length !== usualBytes) {
      const head = received.indexOf(endOfHead);
      if (head === -1) return;
      const text = received.toString('latin1', 0, head);
      const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
      if (length === undefined) return end(new Error(`an answer without a length: ${text}`));
      const bytes = head + endOfHead.length + Number(length);
      if (received.length < bytes) return;
      usualBytes = bytes;
    }
    if (success.compare(received, 0, success.length) !== 0)
      end(new Error(received.toString('latin1', 0, 200)));
    else end();
  });
  socket.on('error', end);
  socket.on('close', () => end(new Error('the server hung up')));
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve).once('error', reject);
  await connected;
  return {
    ask(onAnswer) {
      tell = onAnswer;
      socket.write(request);
    },
    close: () => socket.destroy(),
  };
}

/** What was seen of answers; times in milliseconds. */
class Tally {
  readonly latenciesMs: number[] = [];
  errors = 0;
  readonly #countsFrom: number;

  constructor(countsFrom: number) {
    this.#countsFrom = countsFrom;
  }

  /** @param since when the request was due. @returns whether it was answered. */
  note(error: Error | undefined, since: number): boolean {
    if (error === undefined) {
      if (since >= this.#countsFrom) this.latenciesMs.push(performance.now() - since);
      return true;
    }
    if (this.errors === 0) process.stderr.write(`${String(error)}\n`);
    this.errors += 1;
    return false;
  }
}

async function run(unparsed: unknown) {
  const { url, headers, body, connections, ms, perSecond, isAwake, settleMs } = question.parse(unparsed);
  const { port, hostname, pathname, host } = new URL(url);
  const head = Object.entries({ host, ...headers, 'content-length': String(Buffer.byteLength(body)) });
  const request = Buffer.from(
    `POST ${pathname} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
  const opened = await Promise.all(
    Array.from({ length: connections }, () => open(Number(port), hostname, request)),
  );
  await using clock = perSecond === undefined ? undefined : await startClock(1000 / perSecond);
  const startedAt = performance.now();
  const endsAt = startedAt + ms;
  const tally = new Tally(startedAt + settleMs);
  const lateMs =
    clock === undefined
      ? await sendInTurn(opened, { endsAt, isAwake }, tally)
      : await sendAtRate(opened, { clock, startedAt, endsAt }, tally);
  const elapsedMs = performance.now() - startedAt;
  for (const connection of opened) connection.close();
  return { latenciesMs: tally.latenciesMs, errors: tally.errors, elapsedMs, lateMs };
}

/** Closed loop: each connection asks as soon as it has its answer. */
async function sendInTurn(
  opened: readonly Connection[],
  { endsAt, isAwake }: { endsAt: number; isAwake: boolean },
  tally: Tally,
): Promise<number[]> {
  const work = (connection: Connection) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const next = () => {
      const sentAt = performance.now();
      if (sentAt >= endsAt) return resolve();
      connection.ask((error) => (tally.note(error, sentAt) ? next() : resolve()));
    };
    next();
    return promise;
  };
  let isOver = false;
  const stayAwake = () => {
    if (!isOver) setImmediate(stayAwake);
  };
  if (isAwake) stayAwake();
  await Promise.all(opened.map(work));
  isOver = true;
  return [];
}

/**
 * Open loop: a request is due when this process hears the stroke that is its own, and its latency counts from there even
 * where no connection is free.
 *
 * @returns how late each stroke was heard.
 */
async function sendAtRate(
  opened: readonly Connection[],
  { clock, startedAt, endsAt }: { clock: Clock; startedAt: number; endsAt: number },
  tally: Tally,
): Promise<number[]> {
  // The one that has rested longest goes first, so that all of them are in use.
  const free = [...opened];
  const overdue: number[] = [];
  const lateMs: number[] = [];
  const idle = Promise.withResolvers<void>();
  let isOver = false;
  let alive = opened.length;
  const endIfIdle = () => {
    if (isOver && free.length >= alive) idle.resolve();
  };
  const work = (connection: Connection, dueAt: number): void => {
    connection.ask((error) => {
      const next = tally.note(error, dueAt) ? overdue.shift() : undefined;
      if (next !== undefined) return work(connection, next);
      if (error === undefined) free.push(connection);
      else alive -= 1;
      endIfIdle();
    });
  };
  for (let sent = 0, now = startedAt; now < endsAt;) {
    const strokes = await clock.strokes();
    now = performance.now();
    for (const due = sent + strokes; sent < due; sent += 1) {
      lateMs.push(now - startedAt - (sent + 1) * clock.everyMs);
      const connection = free.shift();
      if (connection === undefined) overdue.push(now);
      else work(connection, now);
    }
  }
  isOver = true;
  endIfIdle();
  await idle.promise;
  return lateMs;
}

serveParent({ ready: {}, answer: run, close: async () => undefined });
