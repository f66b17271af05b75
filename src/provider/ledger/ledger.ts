import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import type { Changes, PostIds } from '../../cache/changes.ts';
import { costMicros, highestCostMicros, type Price, type Usage } from '../../domain/money/pricing.ts';
import type { ProviderErrorCode } from '../../domain/errors/provider-errors.ts';
import { LeaseLostError, type Work } from '../../domain/runs/work.ts';
import type { Database } from '../../store/database.ts';
import { groupWrites } from '../../store/grouped-writes.ts';
import { keepTrying } from '../../store/keep-trying.ts';
import type { Prisma } from '../../store/generated/prisma/client.ts';
import { endStatement, openStatement, sentStatement } from './statements.ts';

/**
 * A call that a job needs: which step of the subject it makes, and the most it may use. Its price at the dearest model of
 * the chain is set aside, so that another one may serve.
 */
export type PlannedCall = { step: string; model: string; chain: readonly string[]; atMost: Usage };

/** A planned call after the ledger has looked at it. */
export type OpenCall =
  /** An earlier run of the subject has paid for it. This is what it bought, and who made it. */
  { step: string; bought: unknown; model: string } | PaidCall;

/** The call is in the ledger and may be sent. */
export type PaidCall = { step: string; callId: string; model: string };

/** The result of opening the calls of a job. */
export type Opened =
  | { calls: OpenCall[] }
  /** The batch was paused or cancelled meanwhile, or another worker has an open call for one of the steps. */
  | { refused: 'NOT_RUNNING' }
  | { refused: BudgetRefusal };

/** The budget that does not suffice. Amounts are in millionths of a US dollar. */
export type BudgetRefusal = {
  reason: 'BATCH_BUDGET_EXCEEDED' | 'MONTHLY_BUDGET_EXCEEDED';
  /** The most that the calls could have cost. */
  neededMicros: bigint;
  /** The monthly budget; 0 if there is none. */
  monthlyMicros: bigint;
  /** When it was refused, and so which month's budget. */
  at: Date;
};

/** The record of all paid calls, which keeps budgets and prevents double purchases. Calls of many jobs at once share statements. */
export type Ledger = {
  /**
   * Records what a job is about to buy, before anything is sent. Reserves its highest price in the budgets of its batch,
   * if it has one, and of the workspace's month: all calls or none. What an earlier run has settled is not bought again.
   */
  open(work: Work, calls: readonly PlannedCall[]): Promise<Opened>;
  /**
   * Marks a call as sent: from here on it may be paid.
   *
   * @throws LeaseLostError if the call was closed meanwhile. Then it may not be sent.
   */
  sent(callId: string): Promise<void>;
  /**
   * Settles a call with its answer. `result` is stored as JSON for a later run of the same subject. Also settles a call
   * that was given up as UNKNOWN.
   */
  settle(
    call: PaidCall,
    answer: { usage: Usage; latencyMs: number; requestId: string | undefined; result: Prisma.InputJsonValue },
  ): Promise<void>;
  /** @returns how often the calls for these steps have failed with this code; of several steps, the highest count. */
  failures(subjectId: string, steps: readonly string[], code: ProviderErrorCode): Promise<number>;
  /**
   * Ends a call that brought nothing. `FAILED` if the provider said so, with the usage if the answer was useless;
   * `UNKNOWN` if the answer was not waited for.
   */
  fail(
    call: PaidCall,
    failure: {
      status: 'FAILED' | 'UNKNOWN';
      errorCode: string;
      latencyMs: number;
      usage: Usage | undefined;
    },
  ): Promise<void>;
};

/** What a job is about to buy. */
type Order = { work: Work; calls: readonly PlannedCall[] };

type Ending = {
  callId: string;
  status: 'SETTLED' | 'FAILED' | 'UNKNOWN';
  latencyMs: number;
  inputTokens: number | null;
  outputTokens: number | null;
  costMicros: number | null;
  requestId: string | null;
  errorCode: string | null;
  result: Prisma.InputJsonValue | null;
};

const budgetReasons = ['BATCH_BUDGET_EXCEEDED', 'MONTHLY_BUDGET_EXCEEDED'] as const;

const openedRows = z.array(
  z.object({
    id: z.string(),
    state: z.enum(['BOUGHT', 'OPEN', 'NOT_RUNNING', ...budgetReasons]),
    result: z.unknown().optional(),
    model: z.string().nullable(),
  }),
);

/** The most answers that one statement settles, and the most jobs whose calls one opens or marks as sent. */
const maxEndings = 100;
const maxJobs = 400;

/**
 * Creates the ledger of all paid calls.
 *
 * @param settings.priceOf returns the price of a model in use.
 * @param settings.monthlyBudgetMicros what each workspace may spend in a calendar month (UTC); undefined: no limit.
 * @param settings.now the clock, for the month.
 */
export function createLedger(
  database: Database,
  settings: {
    priceOf: (model: string) => Price;
    monthlyBudgetMicros: bigint | undefined;
    now?: () => Date;
  },
  changes: Changes,
): Ledger {
  const { prisma } = database;
  const { priceOf, monthlyBudgetMicros, now = () => new Date() } = settings;
  const end = groupWrites<Ending, true>(async (endings) => {
    const values = [JSON.stringify(endings)];
    // Paid answers wait for the database: at most twice as many as this process has posts in hand.
    changes.posts(await keepTrying(() => database.query<PostIds>(endStatement, values)));
    return endings.map(() => true);
  }, maxEndings);
  const open = groupWrites<Order, Opened>(
    async (orders) => {
      const opened = await openAll(orders);
      if (orders.length === 1) return opened;
      // Jobs that exceed a budget together may fit one by one.
      const again: Opened[] = [];
      for (const [index, one] of opened.entries()) {
        const isOverBudget = 'refused' in one && one.refused !== 'NOT_RUNNING';
        again.push(...(isOverBudget ? await openAll(orders.slice(index, index + 1)) : [one]));
      }
      return again;
    },
    maxJobs,
    // A lock on one workspace's batches must not hold up other workspaces.
    ({ work }) => work.ownerId,
  );
  const send = groupWrites<string, boolean>(async (callIds) => {
    const rows = await database.query<{ id: string }>(sentStatement, [callIds]);
    const sent = new Set(rows.map(({ id }) => id));
    return callIds.map((id) => sent.has(id));
  }, maxJobs);

  const estimate = ({ chain, atMost }: PlannedCall) => highestCostMicros(chain.map(priceOf), atMost);

  async function openAll(orders: readonly Order[]): Promise<Opened[]> {
    const numbered = orders.map(({ work, calls }, job) => ({
      calls: calls.map((call) => ({ ...call, id: randomUUIDv7(), estimateMicros: estimate(call) })),
      row: { ...pick(work), job },
    }));
    const wanted = numbered.flatMap(({ row, calls }) =>
      calls.map(({ id, step, model, estimateMicros }) => ({
        ...row,
        id,
        step,
        model,
        estimateMicros: Number(estimateMicros),
      })),
    );
    const at = now();
    const rows = openedRows.parse(
      await database.query(openStatement, [
        JSON.stringify(wanted),
        monthlyBudgetMicros?.toString() ?? null,
        at.toISOString(),
      ]),
    );
    const rowOf = new Map(rows.map((row) => [row.id, row]));
    return numbered.map(({ calls }): Opened => {
      const states = calls.map(({ id }) => rowOf.get(id)?.state);
      if (states.includes('NOT_RUNNING')) return { refused: 'NOT_RUNNING' };
      const reason = budgetReasons.find((code) => states.includes(code));
      if (reason !== undefined) {
        const missing = calls.filter(({ id }) => rowOf.get(id)?.state === reason);
        const neededMicros = missing.reduce((sum, { estimateMicros }) => sum + estimateMicros, 0n);
        return { refused: { reason, neededMicros, monthlyMicros: monthlyBudgetMicros ?? 0n, at } };
      }
      return {
        calls: calls.map(({ step, model, id: callId }) => {
          const row = rowOf.get(callId);
          if (row === undefined) throw new Error(`the ledger lost the step ${step}`);
          if (row.state !== 'BOUGHT') return { step, model, callId };
          return { step, bought: row.result, model: row.model ?? model };
        }),
      };
    });
  }

  return {
    open: (work, calls) => open({ work, calls }),
    async sent(callId) {
      if (!(await send(callId))) throw new LeaseLostError();
    },
    async settle(call, { usage, latencyMs, requestId, result }) {
      await end({
        ...emptyEnding,
        ...usage,
        callId: call.callId,
        status: 'SETTLED',
        latencyMs,
        costMicros: Number(costMicros(priceOf(call.model), usage)),
        requestId: requestId ?? null,
        result,
      });
    },
    async failures(subjectId, steps, errorCode) {
      const counts = await prisma.providerCall.groupBy({
        by: ['step'],
        where: { subjectId, step: { in: [...steps] }, status: 'FAILED', errorCode },
        _count: true,
      });
      return Math.max(0, ...counts.map(({ _count: count }) => count));
    },
    async fail(call, { usage, ...failure }) {
      const paid = usage && { ...usage, costMicros: Number(costMicros(priceOf(call.model), usage)) };
      await end({ ...emptyEnding, ...paid, callId: call.callId, ...failure });
    },
  };
}

const emptyEnding = {
  inputTokens: null,
  outputTokens: null,
  costMicros: null,
  requestId: null,
  errorCode: null,
  result: null,
};

function pick({ subjectId, ownerId, campaignId, batchId }: Work) {
  return { subjectId, ownerId, campaignId, batchId };
}
