import { connect, type Socket } from 'node:net';

/** A connection that is kept alive, with one request at a time. */
export type Connection = { ask(onAnswer: (error: Error | undefined) => void): void; close(): void };

const endOfHead = Buffer.from('\r\n\r\n');
const success = Buffer.from('HTTP/1.1 200');

/**
 * Opens a connection that sends one request over and over. Every answer is compared with the expected one, byte by byte.
 *
 * @param expected the body of the answer.
 */
export async function openConnection(
  { port, hostname }: { port: number; hostname: string },
  request: Buffer,
  expected: Buffer,
): Promise<Connection> {
  const socket: Socket = connect({ port, host: hostname, noDelay: true });
  let tell: ((error: Error | undefined) => void) | undefined;
  let received: Buffer | undefined;
  const end = (error?: Error) => {
    const told = tell;
    received = undefined;
    tell = undefined;
    told?.(error);
  };
  socket.on('data', (chunk) => {
    received = received === undefined ? chunk : Buffer.concat([received, chunk]);
    if (isExpected(received, expected)) return end();
    const length = lengthOf(received);
    // The answer is not whole yet.
    if (length === undefined || received.length < length) return;
    end(new Error(`not the first answer again: ${received.toString('utf8').slice(0, 1_000)}`));
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

/** Whether this is a whole answer of success, with the expected body and nothing behind it. */
function isExpected(received: Buffer, expected: Buffer): boolean {
  const bodyAt = received.length - expected.length;
  return (
    bodyAt > success.length &&
    received.compare(expected, 0, expected.length, bodyAt) === 0 &&
    received.indexOf(endOfHead) === bodyAt - endOfHead.length &&
    success.compare(received, 0, success.length) === 0
  );
}

/** @returns bytes of the whole answer; undefined before its head is there; 0 where the head does not say. */
function lengthOf(received: Buffer): number | undefined {
  const head = received.indexOf(endOfHead);
  if (head === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(received.toString('latin1', 0, head))?.[1];
  return length === undefined ? 0 : head + endOfHead.length + Number(length);
}
