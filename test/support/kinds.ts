import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RunFailure, Work } from '../../src/domain/runs/work.ts';
import type { JobKind } from '../../src/engine/job-kind.ts';
import { demandOf, type Step, type StepCall } from '../../src/engine/steps.ts';
import { appendToStream, appendToStreams } from '../../src/events/append.ts';
import type { Chain } from '../../src/provider/provider.ts';
import type { RunKind } from '../../src/services/runs/kind.ts';
import { addRuns, type NewRun } from '../../src/services/runs/queue.ts';
import type { Database } from '../../src/store/database.ts';
import type { Jobs } from '../../src/store/jobs/jobs.ts';
import type { KindTools, MoreKinds } from '../../src/worker.ts';

/** What a toy has made. */
type Made = { status: 'COMPLETED'; text: string };

/** Where toys write their results. No key: a result that is written twice is to be seen. */
export const toysTable = `
  CREATE TABLE toys (
    n bigint GENERATED ALWAYS AS IDENTITY, "subjectId" uuid, "ownerId" uuid REFERENCES workspaces ON DELETE CASCADE, kind text,
    status text, text text)`;

/** The kinds by their names. */
export const toyNames = ['two-step', 'part', 'fan-out', 'ask-person'] as const;

const takes = { requests: 1, tokens: 500 };
const headlineSchema = z.strictObject({ headline: z.string() });

/** What runs of all toys write: a row, and an event in the stream of their subject. */
function toyRuns<Payload extends object>(
  name: (typeof toyNames)[number],
  payload: z.ZodType<Payload>,
): RunKind<Work, Made, Payload> {
  return {
    name,
    payload,
    begin: async (_tx, works) => [...works],
    putBack: async () => undefined,
    async settle(tx, ended) {
      const rows = ended.map(({ work: { subjectId, ownerId, kind }, result }) => ({
        subjectId,
        ownerId,
        kind,
        status: result.status,
        text: textOf(result),
      }));
      await tx.$executeRaw`
        INSERT INTO toys ("subjectId", "ownerId", kind, status, text)
        SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
          AS r("subjectId" uuid, "ownerId" uuid, kind text, status text, text text)`;
      return appendToStreams(
        tx,
        rows.map(({ subjectId: streamId, ownerId, status, text }) => ({
          streamId,
          ownerId,
          event: { type: `TOY_${status}`, text },
        })),
      );
    },
    changed: () => undefined,
  };
}

const textOf = (result: Made | RunFailure) => ('text' in result ? result.text : result.errorCode);

/** A step that a text model makes. */
const step = <T>(name: string, chain: Chain, schema: z.ZodType<T>): Step<T> => ({
  name,
  chain,
  atMost: { inputTokens: 500, outputTokens: 500 },
  takes,
  schema,
});

/** A call that asks for a text. */
const ask =
  (prompt: string): StepCall<string> =>
  (model, until) =>
    model.generateText({ messages: [{ role: 'user', content: prompt }], maxTokens: 500 }, until);

/** A headline, and a text that depends on it. */
function twoStep({ provider: { text } }: KindTools): JobKind<Work, Made, { topic: string }> {
  return {
    runs: toyRuns('two-step', z.object({ topic: z.string() })),
    needs: ['text'],
    demand: () => demandOf(text.serving(), takes),
    async run({ payload: { topic } }, steps, signal) {
      const { value } = await steps.buy(
        step('headline', text, headlineSchema),
        (model, until) => {
          const content = `A headline for: ${topic}`;
          return model.generateObject(
            { schema: headlineSchema, messages: [{ role: 'user', content }], maxTokens: 500 },
            until,
          );
        },
        signal,
      );
      const written = await steps.buy(
        step('text', text, z.string()),
        ask(`Write about ${topic} under: ${value.headline}`),
        signal,
      );
      return { result: { status: 'COMPLETED', text: `${value.headline}\n${written.value}` } };
    },
  };
}

/** A part of what `fan-out` makes. @param enter what it waits for before it buys. */
function part(
  { provider: { text } }: KindTools,
  enter: () => Promise<void>,
): JobKind<Work, Made, { topic: string }> {
  return {
    runs: toyRuns('part', z.object({ topic: z.string() })),
    needs: ['text'],
    demand: () => demandOf(text.serving(), takes),
    async run({ payload: { topic } }, steps, signal) {
      await enter();
      const { value } = await steps.buy(step('part', text, z.string()), ask(`Part: ${topic}`), signal);
      return { result: { status: 'COMPLETED', text: value } };
    },
  };
}

const fanOutSchema = z.object({ topics: z.array(z.string()), parts: z.array(z.uuid()).optional() });

/** Has a part made of each topic, and counts how they ended. */
function fanOut({ database }: KindTools): JobKind<Work, Made, z.output<typeof fanOutSchema>> {
  return {
    runs: toyRuns('fan-out', fanOutSchema),
    needs: [],
    demand: () => ({}),
    async run({ subjectId: id, ownerId, payload: { topics, parts } }) {
      if (parts === undefined) {
        const children = topics.map((topic) => ({
          kind: 'part',
          subjectId: randomUUID(),
          payload: { topic },
        }));
        return {
          waitFor: {
            children,
            payload: { topics, parts: children.map(({ subjectId }) => subjectId) },
            write: (tx) => appendToStream(tx, { id, ownerId }, [{ type: 'TOY_STARTED' }]),
          },
        };
      }
      const ends = await database.query<{ status: string; n: number }>(
        `SELECT status, count(*)::int AS n FROM toys WHERE "subjectId" = ANY($1::uuid[]) GROUP BY 1 ORDER BY 1`,
        [parts],
      );
      return {
        result: { status: 'COMPLETED', text: ends.map(({ status, n }) => `${n} ${status}`).join(', ') },
      };
    },
  };
}

const questionSchema = z.object({ question: z.string(), answer: z.string().optional() });

/** Asks a person, and has made what the answer says. */
const askPerson: JobKind<Work, Made, z.output<typeof questionSchema>> = {
  runs: toyRuns('ask-person', questionSchema),
  needs: [],
  demand: () => ({}),
  async run({ subjectId: id, ownerId, payload: { question, answer } }) {
    if (answer !== undefined) return { result: { status: 'COMPLETED', text: answer } };
    return {
      waitFor: {
        children: [],
        write: (tx) => appendToStream(tx, { id, ownerId }, [{ type: 'TOY_ASKED', question }]),
      },
    };
  },
};

/**
 * Kinds of work that are not posts.
 *
 * @param enterPart what each `part` waits for before it buys.
 */
export function createToys(enterPart: () => Promise<void> = async () => undefined) {
  let tools: KindTools | undefined;
  const moreKinds: MoreKinds = {
    names: toyNames,
    create(given) {
      tools = given;
      return [twoStep(given), part(given, enterPart), fanOut(given), askPerson];
    },
  };
  return {
    moreKinds,
    /** What the app that runs them is made of. */
    tools(): KindTools {
      if (tools === undefined) throw new Error('no app runs these kinds');
      return tools;
    },
  };
}

/** Adds the run of a toy of a workspace. @returns its subject. */
export async function orderToy(
  { database, jobs }: { database: Pick<Database, 'transaction'>; jobs: Jobs },
  ownerId: string,
  kind: (typeof toyNames)[number],
  run: Omit<NewRun, 'kind' | 'subjectId'>,
): Promise<string> {
  const subjectId = randomUUID();
  await database.transaction((tx) => addRuns(jobs, tx, ownerId, [{ kind, subjectId, ...run }]));
  return subjectId;
}
