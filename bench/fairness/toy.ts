import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Work } from '../../src/domain/runs/work.ts';
import type { JobKind } from '../../src/engine/job-kind.ts';
import { demandOf, type Step } from '../../src/engine/steps.ts';
import { runOf, type RunKind } from '../../src/services/runs/kind.ts';
import { addRuns } from '../../src/services/runs/queue.ts';
import type { KindTools, MoreKinds } from '../../src/worker.ts';

const name = 'ten-steps';
const stepCount = 10;
const takes = { requests: 1, tokens: 1_200 };
const payloadSchema = z.object({});
type Payload = z.output<typeof payloadSchema>;
type Made = { status: 'COMPLETED' };

/** What a run has seen, in ms: how long each of its steps waited until its call was sent, and how long the calls took. */
export type Seen = { waitsMs: number[]; callsMs: number[] };

/** A kind of work with ten steps, of which each needs the one before it. It writes nothing. */
export function createToy() {
  let tools: KindTools | undefined;
  const watched = new Map<string, { orderedAt: number; seen: Seen; tell: (seen: Seen) => void }>();
  const runs: RunKind<Work, Made, Payload> = {
    name,
    payload: payloadSchema,
    begin: async (_tx, works) => [...works],
    putBack: async () => undefined,
    settle: async () => [],
    changed: () => undefined,
  };

  function kind({ provider: { text } }: KindTools): JobKind<Work, Made, Payload> {
    return {
      runs,
      needs: ['text'],
      demand: () => demandOf(text.serving(), takes),
      async run({ subjectId }, steps, signal) {
        const toy = watched.get(subjectId);
        if (toy === undefined) throw new Error('nobody has ordered this run');
        const { seen } = toy;
        let readyAt = toy.orderedAt;
        for (let index = 0; index < stepCount; index += 1) {
          const step: Step<string> = {
            name: `step ${index}`,
            chain: text,
            atMost: { inputTokens: 500, outputTokens: 500 },
            takes,
            schema: z.string(),
          };
          await steps.buy(
            step,
            async (model, until) => {
              const sentAt = performance.now();
              seen.waitsMs.push(sentAt - readyAt);
              const messages = [{ role: 'user' as const, content: `Step ${index}` }];
              const answer = await model.generateText({ messages, maxTokens: 500 }, until);
              readyAt = performance.now();
              seen.callsMs.push(readyAt - sentAt);
              return answer;
            },
            signal,
          );
        }
        toy.tell(seen);
        return { result: { status: 'COMPLETED' } };
      },
    };
  }

  const toolsOfApp = (): KindTools => {
    if (tools === undefined) throw new Error('no app does this kind of work');
    return tools;
  };
  const moreKinds: MoreKinds = {
    names: [name],
    create(given) {
      tools = given;
      return [kind(given)];
    },
  };
  return {
    moreKinds,
    /** What the app that does this kind of work is made of. */
    tools: toolsOfApp,
    /** Orders a run and waits for its last step. */
    async run(ownerId: string): Promise<Seen> {
      const { database, jobs } = toolsOfApp();
      const subjectId = randomUUID();
      const { promise, resolve: tell } = Promise.withResolvers<Seen>();
      watched.set(subjectId, { orderedAt: performance.now(), seen: { waitsMs: [], callsMs: [] }, tell });
      await database.transaction((tx) =>
        addRuns(jobs, tx, ownerId, [runOf(runs, { subjectId, payload: {} })]),
      );
      return promise;
    },
  };
}

export type Toy = ReturnType<typeof createToy>;
