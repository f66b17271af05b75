import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { openConnection, openFrames, frame, type Connection } from '../support/raw-socket.ts';

/** All attacks come from here, so that limits for an address are not the witness's, who is at 127.0.0.1. */
export const attackerAddress = '127.0.0.66';
/** One that is not answered by then was answered badly. */
const patienceMs = 30_000;

/** The attack did not reach the server: what it found says nothing. */
class MissedError extends Error {
  override readonly name = 'MissedError';
}

/** Sends a request that is refused, reset or answered. @returns the bytes of its answer. @throws MissedError */
export function send(
  url: string,
  body: string | Buffer,
  { path = '/graphql', method = 'POST', headers = {} }: Options = {},
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const sent = request(`${url}${path}`, {
    agent: false,
    method,
    localAddress: attackerAddress,
    headers: { 'content-type': 'application/json', ...headers },
    timeout: patienceMs,
  });
  let bytes = 0;
  sent.on('response', (response) => {
    response.on('data', (piece: Buffer) => (bytes += piece.byteLength));
    response.on('close', () => resolve(bytes));
  });
  let isConnected = false;
  sent.on('socket', (socket) => socket.once('connect', () => (isConnected = true)));
  sent.on('timeout', () => {
    reject(new MissedError(`no answer in ${patienceMs} ms`));
    sent.destroy();
  });
  sent.on('error', (cause) => {
    // The server may cut what it has heard enough of.
    if (isConnected) resolve(bytes);
    else reject(new MissedError('no connection', { cause }));
  });
  sent.end(body);
  return promise;
}

type Options = { path?: string; method?: string; headers?: Record<string, string> };

/** @returns the bytes of the largest answer. */
export async function sendAll(requests: Promise<number>[]): Promise<number> {
  return Math.max(0, ...(await Promise.all(requests)));
}

/** Of the connections that an attack asks for. */
const leastShare = 0.9;

/** Opens many connections at once, does something with each, and holds them for a while. */
export async function withMany(
  count: number,
  open: () => Promise<Connection>,
  act: (connection: Connection, index: number) => void | Promise<void>,
  holdMs: number,
): Promise<number> {
  const opened = await Promise.allSettled(Array.from({ length: count }, open));
  const connections = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    if (connections.length < leastShare * count)
      throw new MissedError(`only ${connections.length} of ${count} connections opened`);
    await Promise.all(connections.map(async (one, index) => act(one, index)));
    await delay(holdMs);
    return Math.max(0, ...connections.map((connection) => connection.heard().byteLength));
  } finally {
    for (const connection of connections) connection[Symbol.dispose]();
  }
}

export const connection = (url: string) => () => openConnection(url, attackerAddress);

/** A WebSocket of nobody, whose `connection_init` is accepted. */
export const anonymous = (url: string) => async () => {
  const opened = await openFrames(url, attackerAddress);
  opened.socket.write(frame({ type: 'connection_init' }));
  await delay(50);
  return opened;
};

/** A WebSocket that has not said who it is. */
export const stranger = (url: string) => () => openFrames(url, attackerAddress);
