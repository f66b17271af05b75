import { setTimeout as delay } from 'node:timers/promises';
import { WebSocketServer, type WebSocket } from 'ws';
import { z } from 'zod';
import { clockMs, serveParent } from '../support/child.ts';
import type { Commit } from './messages.ts';

/** What fan-out is held against: `ws`, and a loop over the sockets of each group. */
const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
await new Promise((resolve) => sockets.once('listening', resolve));
const address = z.object({ port: z.number() }).parse(sockets.address());

const groups = new Map<string, WebSocket[]>();
sockets.on('connection', (socket) => {
  // A group has the name that its subscribers say first.
  socket.once('message', (data: Buffer) => {
    const group = data.toString();
    groups.set(group, [...(groups.get(group) ?? []), socket]);
    socket.send('{"raw":"BatchSnapshotEvent"}');
  });
});

const questionSchema = z.object({
  batchIds: z.array(z.string()),
  perBatch: z.number(),
  everyMs: z.number(),
  stage: z.string(),
  event: z.string(),
  firstSeq: z.number(),
});

/** The steps of a post: at the same pace as the committer's. */
const stepMs = 200;

serveParent({
  ready: { url: `http://127.0.0.1:${address.port}`, pid: process.pid },
  async answer(question) {
    const { batchIds, perBatch, everyMs, stage, event, firstSeq } = questionSchema.parse(question);
    const commits: Commit[] = [];
    const startedAt = clockMs();
    const send = (batchId: string, text: string) => {
      for (const socket of groups.get(batchId) ?? []) socket.send(text);
    };
    const post = async (batchId: string, seq: number) => {
      for (let step = 0; step < 3; step += 1) {
        send(batchId, stage);
        await delay(stepMs);
      }
      commits.push({ batchId, seq, atMs: clockMs() });
      send(batchId, event.replace(/"cursor":"\d+"/, `"cursor":"${seq}"`));
    };
    const sending: Promise<void>[] = [];
    for (let turn = 0; turn < perBatch; turn += 1) {
      for (const [index, batchId] of batchIds.entries()) {
        const dueAt = startedAt + (turn * batchIds.length + index) * everyMs;
        await delay(Math.max(0, dueAt - clockMs()));
        sending.push(post(batchId, firstSeq + turn));
      }
    }
    await Promise.all(sending);
    return { commits };
  },
  close: async () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  },
});
