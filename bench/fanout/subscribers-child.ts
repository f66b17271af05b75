import { WebSocket } from 'ws';
import { z } from 'zod';
import { childArgument, clockMs, serveParent } from '../support/child.ts';

/** Many subscribers of one batch that do as little as they can with what they are told. */
const { url, token, batchId, count } = childArgument(
  z.object({ url: z.string(), token: z.string(), batchId: z.string(), count: z.number() }),
);
const query = `subscription ($batchId: ID!, $after: String) { batchEvents(batchId: $batchId, after: $after) {
  __typename cursor at
  ... on PostStageEvent { postId stage }
  ... on PostCompletedEvent { post { id position caption hashtags imageUrl } progress { completedCount failedCount } }
} }`;

/** When each subscriber was told each stored event, by `seq`. */
let told = new Map<number, number[]>();
let deliveries = 0;
let closeCodes: number[] = [];
let samples = { stage: '', event: '' };

async function subscribe(): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws', {
    perMessageDeflate: false,
  });
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  socket.on('error', reject);
  socket.on('close', (code) => closeCodes.push(code));
  socket.on('open', () => {
    if (token === '') return resolve(socket);
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
  });
  socket.on('message', (data: Buffer) => {
    const atMs = clockMs();
    const text = data.toString('latin1');
    if (text.includes('"connection_ack"')) {
      socket.send(
        JSON.stringify({ id: 'one', type: 'subscribe', payload: { query, variables: { batchId } } }),
      );
      return;
    }
    deliveries += 1;
    if (text.includes('PostStageEvent')) samples.stage = text;
    else if (text.includes('BatchSnapshotEvent')) resolve(socket);
    else {
      if (text.includes('PostCompletedEvent')) samples.event = text;
      const seq = Number(/"cursor":"(\d+)"/.exec(text)?.[1]);
      const times = told.get(seq);
      if (times === undefined) told.set(seq, [atMs]);
      else times.push(atMs);
    }
  });
  return promise;
}

const sockets: WebSocket[] = [];
for (let opened = 0; opened < count; opened += 50) {
  sockets.push(...(await Promise.all(Array.from({ length: Math.min(50, count - opened) }, subscribe))));
}

serveParent({
  ready: {},
  report() {
    const report = { told: [...told], deliveries, samples, closeCodes };
    told = new Map();
    deliveries = 0;
    closeCodes = [];
    return report;
  },
  async answer(question) {
    const { stall } = z.object({ stall: z.number() }).parse(question);
    for (const socket of sockets.slice(0, stall)) socket.pause();
    return {};
  },
  close: async () => sockets.forEach((socket) => socket.terminate()),
});
