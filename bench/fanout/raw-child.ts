import { setTimeout as delay } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { clockMs, serveParent } from '../support/child.ts';
import { measureSelf } from './measure-self.ts';

/** What fan-out is held against: `ws` and a loop over its sockets. */
const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
await new Promise((resolve) => sockets.once('listening', resolve));
const address = z.object({ port: z.number() }).parse(sockets.address());

const questionSchema = z.discriminatedUnion('ask', [
  z.object({
    ask: z.literal('broadcast'),
    stage: z.string(),
    event: z.string(),
    firstSeq: z.number(),
    count: z.number(),
    everyMs: z.number(),
  }),
  z.object({ ask: z.literal('self'), memory: z.boolean() }),
]);

function broadcast(text: string): void {
  for (const socket of sockets.clients) socket.send(text);
}

serveParent({
  ready: { url: `http://127.0.0.1:${address.port}` },
  async answer(question) {
    const asked = questionSchema.parse(question);
    if (asked.ask === 'self') return measureSelf(asked);
    const commits: [number, number][] = [];
    for (let seq = asked.firstSeq; seq < asked.firstSeq + asked.count; seq += 1) {
      for (let stage = 0; stage < 3; stage += 1) {
        broadcast(asked.stage);
        await delay(asked.everyMs / 4);
      }
      commits.push([seq, clockMs()]);
      broadcast(asked.event.replace(/"cursor":"\d+"/, `"cursor":"${seq}"`));
      await delay(asked.everyMs / 4);
    }
    return { commits };
  },
  close: async () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  },
});
