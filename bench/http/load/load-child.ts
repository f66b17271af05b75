import { z } from 'zod';
import { clockMs, serveParent } from '../../support/child.ts';
import { startClock, type Clock } from './clock.ts';
import { openConnection, type Connection } from './connection.ts';

/** Sends one request over and over, from a process of its own, and compares every answer with the first one. */
const question = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  /** The answer's body. */
  expected: z.string(),
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

/** What was seen of answers; times in milliseconds. */
class Tally {
  readonly latenciesMs: number[] = [];
  errors = 0;
  readonly #countsFrom: number;

  constructor(countsFrom: number) {
    this.#countsFrom = countsFrom;
  }

  /** @param since when the request was due. @returns whether it was answered as it should be. */
  note(error: Error | undefined, since: number): boolean {
    if (error === undefined) {
      if (since >= this.#countsFrom) this.latenciesMs.push(clockMs() - since);
      return true;
    }
    if (this.errors === 0) process.stderr.write(`${String(error)}\n`);
    this.errors += 1;
    return false;
  }
}

async function run(unparsed: unknown) {
  const { url, headers, body, expected, connections, ms, perSecond, isAwake, settleMs } =
    question.parse(unparsed);
  const { port, hostname, pathname, host } = new URL(url);
  const head = Object.entries({ host, ...headers, 'content-length': String(Buffer.byteLength(body)) });
  const request = Buffer.from(
    `POST ${pathname} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
  const answer = Buffer.from(expected);
  const opened = await Promise.all(
    Array.from({ length: connections }, () =>
      openConnection({ port: Number(port), hostname }, request, answer),
    ),
  );
  await using clock = perSecond === undefined ? undefined : await startClock(1000 / perSecond);
  const startedAt = clockMs();
  const endsAt = startedAt + ms;
  const tally = new Tally(startedAt + settleMs);
  const lateMs =
    clock === undefined
      ? await sendInTurn(opened, { endsAt, isAwake }, tally)
      : await sendAtRate(opened, { clock, endsAt }, tally);
  const elapsedMs = clockMs() - startedAt;
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
      const sentAt = clockMs();
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
 * Open loop: a request is due at its stroke by the clock's schedule. Its latency counts from there, whatever held up this
 * process, the clock or the connections.
 *
 * @returns how late each stroke was heard.
 */
async function sendAtRate(
  opened: readonly Connection[],
  { clock, endsAt }: { clock: Clock; endsAt: number },
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
  for (let sent = 0; clockMs() < endsAt;) {
    const strokes = await clock.strokes();
    for (const last = sent + strokes; sent < last;) {
      sent += 1;
      const dueAt = clock.dueAtMs(sent);
      lateMs.push(clockMs() - dueAt);
      const connection = free.shift();
      if (connection === undefined) overdue.push(dueAt);
      else work(connection, dueAt);
    }
  }
  isOver = true;
  endIfIdle();
  await idle.promise;
  // Where every connection was lost, nobody is left to answer what is overdue.
  tally.errors += overdue.length;
  return lateMs;
}

serveParent({ ready: {}, answer: run, close: async () => undefined });
