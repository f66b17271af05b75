import { WebSocket } from 'ws';
import { z } from 'zod';
import { childArgument, clockMs, serveParent } from '../support/child.ts';
import { groupSchema, type Group, type Told } from './messages.ts';

/**
 * Many subscribers that do as little as they can with what they are told: so many of each batch, one group after another.
 * A raw server is told the name of the batch and nothing else.
 */
const { url, isRaw, groups, perGroup } = childArgument(
  z.object({
    url: z.string(),
    isRaw: z.boolean(),
    groups: z.array(groupSchema),
    perGroup: z.number(),
  }),
);
const query = `subscription ($batchId: ID!, $after: String) { batchEvents(batchId: $batchId, after: $after) {
  __typename cursor at
  ... on PostStageEvent { postId stage }
  ... on PostCompletedEvent { post { id position caption hashtags imageUrl } progress { completedCount failedCount } }
} }`;

let told: Told[] = [];
let deliveries = 0;
let closeCodes: number[] = [];
const samples = { stage: '', event: '' };

async function subscribe({ batchId, token }: Group, subscriber: number): Promise<WebSocket> {
  const protocols = isRaw ? [] : ['graphql-transport-ws'];
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, { perMessageDeflate: false });
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  socket.on('error', reject);
  socket.on('close', (code) => {
    closeCodes.push(code);
    reject(new Error(`the server closed a connection with ${code}`));
  });
  socket.on('open', () => {
    const init = { type: 'connection_init', payload: { authorization: `Bearer ${token}` } };
    socket.send(isRaw ? batchId : JSON.stringify(init));
  });
  socket.on('message', (data: Buffer) => {
    const atMs = clockMs();
    const text = data.toString('latin1');
    if (text.includes('"connection_ack"')) {
      const payload = { query, variables: { batchId } };
      return socket.send(JSON.stringify({ id: 'one', type: 'subscribe', payload }));
    }
    deliveries += 1;
    if (text.includes('BatchSnapshotEvent')) resolve(socket);
    else if (text.includes('PostStageEvent')) samples.stage = text;
    else if (text.includes('PostCompletedEvent')) {
      samples.event = text;
      told.push({ subscriber, seq: Number(/"cursor":"(\d+)"/.exec(text)?.[1]), atMs });
    }
  });
  return promise;
}

const atOnce = 50;
const wanted = groups.flatMap((group) => Array.from({ length: perGroup }, () => group));
const sockets: WebSocket[] = [];
for (let first = 0; first < wanted.length; first += atOnce) {
  const some = wanted.slice(first, first + atOnce);
  sockets.push(...(await Promise.all(some.map((group, index) => subscribe(group, first + index)))));
}

serveParent({
  ready: {},
  report() {
    const report = { told, deliveries, samples, closeCodes };
    told = [];
    deliveries = 0;
    closeCodes = [];
    return report;
  },
  close: async () => sockets.forEach((socket) => socket.terminate()),
});
