import { z } from 'zod';
import { BatchDocument, PostsDocument } from '../../client/generated/graphql.ts';
import { createClient } from '../../client/index.ts';
import { childArgument, clockMs, serveParent } from './child.ts';

/** Asks for a batch and its posts by turns, at a fixed rate whether or not the answers come. */
const { url, token, batchId, perSecond } = childArgument(
  z.object({ url: z.string(), token: z.string(), batchId: z.string(), perSecond: z.number() }),
);
const client = createClient({ url, token });
let latenciesMs: number[] = [];
/** When those that wait for their answers were due. */
const waiting = new Set<number>();
let sent = 0;

async function ask(dueAtMs: number): Promise<void> {
  sent += 1;
  waiting.add(dueAtMs);
  try {
    if (sent % 2 === 0) await client.run(BatchDocument, { id: batchId });
    else await client.run(PostsDocument, { filter: { batchId }, first: 20 });
    // From when it was due: a stall delays also what could not be sent in it.
    latenciesMs.push(clockMs() - dueAtMs);
  } finally {
    waiting.delete(dueAtMs);
  }
}

const startedAtMs = clockMs();
let due = 0;
const timer = setInterval(() => {
  while (startedAtMs + (due * 1000) / perSecond <= clockMs()) {
    const dueAtMs = startedAtMs + (due * 1000) / perSecond;
    due += 1;
    ask(dueAtMs).catch(() => latenciesMs.push(Number.MAX_SAFE_INTEGER));
  }
}, 1);
serveParent({
  ready: {},
  report() {
    // What is not answered yet has taken that long at least.
    const now = clockMs();
    const report = { latenciesMs: [...latenciesMs, ...[...waiting].map((dueAtMs) => now - dueAtMs)] };
    latenciesMs = [];
    return report;
  },
  close: async () => clearInterval(timer),
});
