import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { captionSchema, type Caption } from '../../../src/domain/posts/content.ts';
import { ProviderError } from '../../../src/domain/errors/provider-errors.ts';
import { LeaseLostError, type Work } from '../../../src/domain/runs/work.ts';
import { BudgetRefusedError, createSteps, demandOf, type Step } from '../../../src/engine/steps.ts';
import { createUselessAnswers } from '../../../src/engine/useless-answers.ts';
import type { Admission } from '../../../src/provider/admission/admission.ts';
import { createMemoryAdmission } from '../../../src/provider/admission/memory-admission.ts';
import { guardChains } from '../../../src/provider/chains.ts';
import { createDeadlines } from '../../../src/provider/deadline.ts';
import { createLedger, type Ledger } from '../../../src/provider/ledger/ledger.ts';
import { parseModelName } from '../../../src/provider/openai/dialects.ts';
import { createOpenAiModel } from '../../../src/provider/openai/openai.ts';
import type { Chain, Provider } from '../../../src/provider/provider.ts';
import { createSimulator } from '../../../src/simulator/server.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import { workOf } from '../../support/work.ts';
import { driftOf, openWorkshop, type Workshop } from '../../support/workshop.ts';

const textModel = 'gpt-5.4-mini';
const takes = { requests: 1, tokens: 1_000 };
/** A token costs a millionth of a dollar. */
const priceOf = () => ({ input: 1, output: 1 });
const never = new AbortController().signal;

const simulator = createSimulator({
  seed: 1,
  timeScale: 0.01,
  limits: { requestsPerMinute: 100_000, tokensPerMinute: 100_000_000 },
});
let workshop: Workshop;
let provider: Provider;
let work: Work;
beforeAll(async () => {
  const { url: baseUrl } = await simulator.start(0);
  workshop = await openWorkshop();
  const model = (name: string) => createOpenAiModel(parseModelName(name), { apiKey: 'simulated', baseUrl });
  ({ provider } = guardChains(
    { text: [model(textModel)], image: [model('gpt-image-2')] },
    {
      admission: createMemoryAdmission({ maxSlots: 1, limitsPerMinute: {} }),
      outages: { report: () => undefined, clear: () => undefined, current: async () => undefined },
      createDeadlines,
      logger: createLogger('silent'),
    },
  ));
});
afterAll(async () => {
  await workshop[Symbol.asyncDispose]();
  await simulator.stop();
});
beforeEach(async () => {
  simulator.control.clearFaults();
  simulator.control.resetStats();
  const { viewer } = await workshop.addAccount();
  work = workOf({ ownerId: viewer.workspaceId, campaignId: null, batchId: null });
});

const step = <T>(name: string, chain: Chain, schema: z.ZodType<T>): Step<T> => ({
  name,
  chain,
  atMost: { inputTokens: 2_000, outputTokens: 2_000 },
  takes,
  schema,
});

function ledgerWith(monthlyBudgetMicros?: bigint): Ledger {
  return createLedger(workshop.database, { priceOf, monthlyBudgetMicros }, workshop.changes);
}

/** A run begins: its permit covers one call. */
function begin({
  ledger = ledgerWith(),
  admission = createMemoryAdmission({ maxSlots: 1, limitsPerMinute: {} }),
}: { ledger?: Ledger; admission?: Pick<Admission, 'acquire'> } = {}) {
  const deps = { ledger, admission, useless: createUselessAnswers() };
  return createSteps(deps, work, demandOf(textModel, takes));
}

/** Writes an outline, and then a text that depends on it. */
async function writeArticle(steps: ReturnType<typeof begin>, signal = never) {
  const outline = await steps.buy<Caption>(
    step('outline', provider.text, captionSchema),
    (model, until) =>
      model.generateObject(
        {
          schema: captionSchema,
          messages: [{ role: 'user', content: 'Outline an article about lighthouses.' }],
          maxTokens: 500,
        },
        until,
      ),
    signal,
  );
  const text = await steps.buy(
    step('text', provider.text, z.string()),
    (model, until) =>
      model.generateText(
        { messages: [{ role: 'user', content: `Write: ${outline.value.caption}` }], maxTokens: 500 },
        until,
      ),
    signal,
  );
  return { outline: outline.value, text: text.value };
}

async function calls() {
  const rows = await workshop.database.prisma.providerCall.findMany({
    where: { subjectId: work.subjectId },
    orderBy: [{ createdAt: 'asc' }, { step: 'asc' }],
  });
  return rows.map(({ step: name, status, errorCode }) => [name, status, errorCode]);
}

const received = () => simulator.control.stats().chat.received;

describe('work without a batch, whose second step needs the first', () => {
  it('answers from the ledger when it runs again, and buys nothing', async () => {
    const first = begin();
    const made = await writeArticle(first);
    expect(received()).toBe(2);
    expect(first.soFar()).toEqual({
      names: ['outline', 'text'],
      used: { [`${textModel}:requests`]: 1, [`${textModel}:tokens`]: 1_000 },
      isWhole: true,
    });
    const again = begin();
    expect(await writeArticle(again)).toEqual(made);
    expect(again.soFar()).toMatchObject({ used: {}, isWhole: false });
    expect(received()).toBe(2);
    expect(await calls()).toEqual([
      ['outline', 'SETTLED', null],
      ['text', 'SETTLED', null],
    ]);
    expect(await driftOf(workshop.database)).toEqual([]);
  });

  it('buys only what was on its way when it is aborted', async () => {
    simulator.control.setFaults([{ kind: 'hang', match: 'Write: ', count: 1 }]);
    const abort = new AbortController();
    const ended = Promise.allSettled([writeArticle(begin(), abort.signal)]);
    await waitUntil('the second call to be under way', () => received() === 2);
    const reason = new LeaseLostError();
    abort.abort(reason);
    expect(await ended).toEqual([{ status: 'rejected', reason }]);
    expect(await calls()).toEqual([
      ['outline', 'SETTLED', null],
      ['text', 'UNKNOWN', 'INTERRUPTED'],
    ]);
    await writeArticle(begin());
    expect(received()).toBe(3);
    expect(await calls()).toEqual([
      ['outline', 'SETTLED', null],
      ['text', 'UNKNOWN', 'INTERRUPTED'],
      ['text', 'SETTLED', null],
    ]);
  });

  it('stops at the second step where the month does not suffice, and goes on when it does', async () => {
    const refused = writeArticle(begin({ ledger: ledgerWith(4_000n) }));
    await expect(refused).rejects.toThrow(BudgetRefusedError);
    await expect(refused).rejects.toMatchObject({
      refusal: { reason: 'MONTHLY_BUDGET_EXCEEDED', neededMicros: 4_000n, monthlyMicros: 4_000n },
    });
    expect(await calls()).toEqual([['outline', 'SETTLED', null]]);
    await writeArticle(begin({ ledger: ledgerWith(1_000_000n) }));
    expect(received()).toBe(2);
  });

  it('opens none of the steps that are planned together where one does not fit', async () => {
    const both = ['outline', 'text'].map((name) => step(name, provider.text, z.string()));
    await expect(begin({ ledger: ledgerWith(7_999n) }).plan(both)).rejects.toThrow(BudgetRefusedError);
    expect(await calls()).toEqual([]);
    await begin({ ledger: ledgerWith(8_000n) }).plan(both);
    expect(await calls()).toEqual([
      ['outline', 'INTENT', null],
      ['text', 'INTENT', null],
    ]);
  });
});

describe('a later step', () => {
  const bucket = `${textModel}:requests`;
  const paced = (perMinute: number) =>
    createMemoryAdmission({
      maxSlots: 1,
      limitsPerMinute: { [bucket]: perMinute },
      burstSeconds: 0,
      inHandHorizonMs: 600_000,
    });

  it('waits for the limits, and for no slot: the run has one', async () => {
    const admission = paced(600);
    await admission.acquire(1, demandOf(textModel, takes));
    await writeArticle(begin({ admission }));
    expect((await admission.state()).slotsInUse).toBe(1);
    expect(received()).toBe(2);
  });

  it('that is aborted while it waits was never sent, and what it reserved is given back', async () => {
    const admission = paced(1);
    await admission.acquire(1, demandOf(textModel, takes));
    let waitMs: number | undefined;
    const watched: Pick<Admission, 'acquire'> = {
      async acquire(...args) {
        const acquired = await admission.acquire(...args);
        waitMs = acquired.permits[0]?.waitMs;
        return acquired;
      },
    };
    const steps = begin({ admission: watched });
    const abort = new AbortController();
    const ended = Promise.allSettled([writeArticle(steps, abort.signal)]);
    await waitUntil('the second step to wait', () => waitMs !== undefined);
    expect(waitMs).toBeGreaterThan(0);
    const reason = new LeaseLostError();
    abort.abort(reason);
    expect(await ended).toEqual([{ status: 'rejected', reason }]);
    expect(await calls()).toEqual([
      ['outline', 'SETTLED', null],
      ['text', 'FAILED', 'NEVER_SENT'],
    ]);
    // The permit was for one call: all of it comes back, for the second one.
    expect(steps.soFar().used).toEqual({ [bucket]: 0, [`${textModel}:tokens`]: 0 });
    expect(received()).toBe(1);
  });
});

it('the calls of 100 runs that begin together are opened with one statement, and marked as sent with one', async () => {
  const texts: string[] = [];
  const database = {
    ...workshop.database,
    query: <Row extends object>(...args: Parameters<typeof workshop.database.query>) => {
      texts.push(args[0]);
      return workshop.database.query<Row>(...args);
    },
  };
  const ledger = createLedger(database, { priceOf, monthlyBudgetMicros: undefined }, workshop.changes);
  const planned = ['one', 'two'].map((name) => ({
    step: name,
    model: textModel,
    chain: [textModel],
    atMost: { inputTokens: 1, outputTokens: 1 },
  }));
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      const opened = await ledger.open({ ...work, subjectId: randomUUID() }, planned);
      if ('refused' in opened) throw new Error('there is no budget');
      const ids = opened.calls.flatMap((call) => ('callId' in call ? [call.callId] : []));
      await Promise.all(ids.map(ledger.sent));
    }),
  );
  const count = (pattern: RegExp) => texts.filter((text) => pattern.test(text)).length;
  expect([count(/INSERT INTO provider_calls/), count(/SET status = 'SENT'/)]).toEqual([1, 1]);
  expect(
    await workshop.database.prisma.providerCall.count({ where: { ownerId: work.ownerId, status: 'SENT' } }),
  ).toBe(200);
});

it('a run has ended when the steps beside one that failed have: what they bought is kept', async () => {
  const steps = begin();
  const slow = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const limits = { requests: undefined, tokens: undefined, images: undefined };
  const answer = { value: 'bought', usage: undefined, requestId: undefined, limits };
  const beside = steps.buy(
    step('beside', provider.text, z.string()),
    async () => {
      asked.resolve();
      await slow.promise;
      return answer;
    },
    never,
  );
  const failing = steps.buy(
    step('failing', provider.text, z.string()),
    async () => {
      await asked.promise;
      throw new ProviderError('PROVIDER_UNAVAILABLE');
    },
    never,
  );
  await expect(failing).rejects.toThrow(ProviderError);
  const order: string[] = [];
  const ended = steps.ended().then(() => order.push('run'));
  void beside.then(() => order.push('step'));
  slow.resolve();
  await ended;
  expect(order).toEqual(['step', 'run']);
  expect(await calls()).toEqual(
    expect.arrayContaining([
      ['beside', 'SETTLED', null],
      ['failing', 'FAILED', 'PROVIDER_UNAVAILABLE'],
    ]),
  );
});
