import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * Opens a connection; what comes on it is collected.
 *
 * @param localAddress the client's own, such as `127.0.0.2`, to be another client than those of `127.0.0.1`.
 */
export async function openConnection(url: string, localAddress?: string): Promise<Connection> {
  const { port, hostname } = new URL(url);
  const socket = connect({
    port: Number(port),
    host: hostname,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  const pieces: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => pieces.push(bytes));
  // It may be reset.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return {
    socket,
    heard: () => Buffer.concat(pieces),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

export type Connection = Disposable & {
  socket: Socket;
  /** All that has come. */
  heard(): Buffer;
};

/** A frame as a client sends it: masked, with zeros. */
export function frame(
  payload: Buffer | string | object,
  { opcode = 1, fin = true, announced }: { opcode?: number; fin?: boolean; announced?: number } = {},
): Buffer {
  const bytes =
    Buffer.isBuffer(payload) || typeof payload === 'string'
      ? Buffer.from(payload)
      : Buffer.from(JSON.stringify(payload));
  const length = announced ?? bytes.byteLength;
  const head = length < 126 ? Buffer.alloc(6) : length < 65_536 ? Buffer.alloc(8) : Buffer.alloc(14);
  head[0] = (fin ? 0x80 : 0) | opcode;
  if (length < 126) head[1] = 0x80 | length;
  else if (length < 65_536) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, bytes]);
}

export const opcodes = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;

/** Opens a WebSocket that says nothing of itself: frames are written as they are. */
export async function openFrames(url: string, localAddress?: string): Promise<Connection> {
  const connection = await openConnection(url, localAddress);
  connection.socket.write(
    'GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n' +
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n',
  );
  await once(connection.socket, 'data');
  return connection;
}

/** The code that the server closed a WebSocket with, among what came; undefined where it did not (yet). */
export function closeCodeIn(heard: Buffer): number | undefined {
  let at = heard.indexOf('\r\n\r\n') + 4;
  while (at + 2 <= heard.length) {
    const [opcode, short] = [(heard[at] ?? 0) & 0x0f, heard[at + 1] ?? 0];
    const [length, head] =
      short === 126
        ? [heard.readUInt16BE(at + 2), 4]
        : short === 127
          ? [Number(heard.readBigUInt64BE(at + 2)), 10]
          : [short, 2];
    if (opcode === opcodes.close && at + 4 <= heard.length) return heard.readUInt16BE(at + head);
    at += head + length;
  }
  return undefined;
}
