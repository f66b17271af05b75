import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import type { Changes, PostPlace } from '../cache/changes.ts';
import { costMicros, type Price, type Usage } from '../domain/pricing.ts';
import type { ProviderErrorCode } from '../domain/provider-errors.ts';
import type { Work } from '../domain/work.ts';
import type { Database } from '../store/database.ts';
import { createGroup } from '../store/group.ts';
import { keepTrying } from '../store/keep-trying.ts';
import type { Prisma } from '../store/generated/prisma/client.ts';

/** A call that a job needs: which part of its subject it makes, and what it may use at most. */
export type PlannedCall = { step: string; model: string; atMost: Usage };

/** A planned call after the ledger has looked at it. */
export type OpenCall =
  /** An earlier run of the subject has paid for it: here is what it bought. */
  { step: string; bought: unknown } | PaidCall;

/** A call that is written down and may be sent. */
export type PaidCall = { step: string; callId: string; model: string };

/** What opening the calls of one job came to. */
export type Opened = { calls: OpenCall[] } | { refused: BudgetRefusal };

/** Why calls were not opened. Amounts in millionths of a US dollar. */
export type BudgetRefusal = {
  reason: 'BATCH_BUDGET_EXCEEDED' | 'MONTHLY_BUDGET_EXCEEDED';
  /** What the calls could have cost. */
  neededMicros: bigint;
  /** The monthly budget; 0 where there is none. */
  maxMicros: bigint;
};

export type Ledger = {
  /**
   * Writes down, before anything is sent, what each job is about to buy, and sets its highest price aside in
   * the budget: all calls of a job or none. What an earlier run has settled is not bought again; what an
   * earlier run had sent and never settled becomes UNKNOWN.
   *
   * @returns for each job, in order.
   */
  open(jobs: readonly { work: Work; calls: readonly PlannedCall[] }[]): Promise<Opened[]>;
  /** The requests go out now: from here on they are paid. */
  sent(callIds: readonly string[]): Promise<void>;
  /** An answer is here. `result` is kept as JSON for a later run of the same subject. */
  settle(
    call: PaidCall,
    answer: { usage: Usage; latencyMs: number; requestId: string | undefined; result: Prisma.InputJsonValue },
  ): Promise<void>;
  /** @returns how often the provider's limits refused a call of this subject. */
  refusals(subjectId: string): Promise<number>;
  /**
   * A call brought nothing: `FAILED` where the provider said so, with the usage of an answer that was of no use;
   * `UNKNOWN` where its answer was not waited for.
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

const openedRows = z.array(
  z.object({
    subjectId: z.string(),
    step: z.string(),
    state: z.enum(['BOUGHT', 'OPEN', 'BATCH_BUDGET_EXCEEDED', 'MONTHLY_BUDGET_EXCEEDED']),
    result: z.unknown().optional(),
  }),
);

const maxGroupSize = 100;

/**
 * @param settings.priceOf the price of each model in use.
 * @param settings.monthlyBudgetMicros what each owner may spend in a calendar month (UTC); undefined: no limit.
 */
export function createLedger(
  database: Database,
  settings: { priceOf: (model: string) => Price; monthlyBudgetMicros: bigint | undefined },
  changes: Changes,
): Ledger {
  const { prisma } = database;
  const { priceOf, monthlyBudgetMicros = null } = settings;
  const end = createGroup<Ending, true>(async (endings) => {
    const values = [JSON.stringify(endings), monthlyBudgetMicros !== null];
    // An answer that was paid for waits for the database: as many as this process has posts under way, twice.
    changes.posts(await keepTrying.execute(() => database.query<PostPlace>(endStatement, values)));
    return endings.map(() => true);
  }, maxGroupSize);

  async function open(jobs: Parameters<Ledger['open']>[0]): Promise<Opened[]> {
    if (jobs.length === 0) return [];
    const wanted = jobs.flatMap(({ work, calls }) =>
      calls.map(({ step, model, atMost }) => ({
        ...pick(work),
        id: randomUUIDv7(),
        step,
        model,
        estimateMicros: Number(costMicros(priceOf(model), atMost)),
      })),
    );
    const rows = openedRows.parse(
      await database.query(openStatement, [JSON.stringify(wanted), monthlyBudgetMicros?.toString() ?? null]),
    );
    const opened = jobs.map(({ work, calls }): Opened => {
      const own = rows.filter((row) => row.subjectId === work.subjectId);
      const refusal = own.find(
        (row) => row.state === 'BATCH_BUDGET_EXCEEDED' || row.state === 'MONTHLY_BUDGET_EXCEEDED',
      );
      if (refusal !== undefined) {
        const neededMicros = calls.reduce(
          (sum, { model, atMost }) => sum + costMicros(priceOf(model), atMost),
          0n,
        );
        const reason = refusal.state === 'BATCH_BUDGET_EXCEEDED' ? refusal.state : 'MONTHLY_BUDGET_EXCEEDED';
        return { refused: { reason, neededMicros, maxMicros: monthlyBudgetMicros ?? 0n } };
      }
      return {
        calls: calls.map(({ step, model }) => {
          if (own.some((row) => row.step === step && row.state === 'BOUGHT')) {
            return { step, bought: own.find((row) => row.step === step)?.result };
          }
          const call = wanted.find((one) => one.subjectId === work.subjectId && one.step === step);
          if (call === undefined) throw new Error(`the ledger lost the step ${step}`);
          return { step, model, callId: call.id };
        }),
      };
    });
    if (jobs.length === 1) return opened;
    // Jobs that are too much for a budget together may fit one by one.
    const again: Opened[] = [];
    for (const [index, one] of opened.entries()) {
      again.push(...('refused' in one ? await open(jobs.slice(index, index + 1)) : [one]));
    }
    return again;
  }

  return {
    open,
    async sent(callIds) {
      await database.query(
        `UPDATE provider_calls SET status = 'SENT' WHERE id = ANY($1::uuid[]) AND status = 'INTENT'`,
        [callIds],
      );
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
    refusals: (subjectId) =>
      prisma.providerCall.count({
        where: { subjectId, status: 'FAILED', errorCode: 'RATE_LIMITED' satisfies ProviderErrorCode },
      }),
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

/**
 * One statement for any number of jobs. Rows with a budget are locked first, so that two instances cannot
 * both take what is left; owners and batches without one are not locked at all.
 */
const openStatement = `
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS w(
        id uuid, "subjectId" uuid, "ownerId" uuid, "campaignId" uuid, "batchId" uuid,
        step text, model text, "estimateMicros" bigint)
    ), hidden AS (
      UPDATE provider_calls c
      SET status = CASE c.status WHEN 'SENT' THEN 'UNKNOWN'::"ProviderCallStatus" ELSE 'FAILED' END,
          "errorCode" = CASE c.status WHEN 'SENT' THEN 'ANSWER_LOST' ELSE 'NEVER_SENT' END, "settledAt" = now()
      WHERE c."subjectId" IN (SELECT "subjectId" FROM wanted) AND c.status IN ('INTENT', 'SENT')
      RETURNING c."batchId", c."ownerId", c."estimateMicros", c.status
    ), bought AS (
      SELECT DISTINCT ON (c."subjectId", c.step) c."subjectId", c.step, c.result
      FROM provider_calls c JOIN wanted w ON w."subjectId" = c."subjectId" AND w.step = c.step
      WHERE c.status = 'SETTLED'
      ORDER BY c."subjectId", c.step, c.id DESC
    ), missing AS (
      SELECT w.* FROM wanted w
      WHERE NOT EXISTS (SELECT 1 FROM bought b WHERE b."subjectId" = w."subjectId" AND b.step = w.step)
    ), full_batches AS (
      SELECT b.id
      FROM (SELECT id, "committedMicros", "maxCostMicros" FROM batches
            WHERE id IN (SELECT "batchId" FROM missing) AND "maxCostMicros" IS NOT NULL
            ORDER BY id FOR NO KEY UPDATE) b
      WHERE b."committedMicros" + (SELECT sum(m."estimateMicros") FROM missing m WHERE m."batchId" = b.id) > b."maxCostMicros"
    ), full_owners AS (
      SELECT u.id
      FROM (SELECT id, "spendMonth", "spendMicros" FROM users
            WHERE id IN (SELECT "ownerId" FROM missing) AND $2::bigint IS NOT NULL
            ORDER BY id FOR NO KEY UPDATE) u
      WHERE (CASE WHEN u."spendMonth" = date_trunc('month', now() AT TIME ZONE 'UTC')::date THEN u."spendMicros" ELSE 0 END)
            + (SELECT sum(m."estimateMicros") FROM missing m WHERE m."ownerId" = u.id) > $2::bigint
    ), allowed AS (
      SELECT * FROM missing
      WHERE "batchId" NOT IN (SELECT id FROM full_batches) AND "ownerId" NOT IN (SELECT id FROM full_owners)
    ), charges AS (
      SELECT "batchId", "ownerId", "estimateMicros" AS amount FROM allowed
      UNION ALL SELECT "batchId", "ownerId", -"estimateMicros" FROM hidden WHERE status = 'FAILED'
    ), batch_spend AS (
      UPDATE batches b SET "committedMicros" = b."committedMicros" + a.total
      FROM (SELECT "batchId", sum(amount) AS total FROM charges GROUP BY 1) a
      WHERE b.id = a."batchId" AND b."maxCostMicros" IS NOT NULL
    ), owner_spend AS (
      UPDATE users u
      SET "spendMicros" = greatest(0, a.total +
            CASE WHEN u."spendMonth" = date_trunc('month', now() AT TIME ZONE 'UTC')::date THEN u."spendMicros" ELSE 0 END),
          "spendMonth" = date_trunc('month', now() AT TIME ZONE 'UTC')::date
      FROM (SELECT "ownerId", sum(amount) AS total FROM charges GROUP BY 1) a
      WHERE u.id = a."ownerId" AND $2::bigint IS NOT NULL
    ), written AS (
      INSERT INTO provider_calls (id, "subjectId", "ownerId", "campaignId", "batchId", step, model, "estimateMicros", "createdAt")
      SELECT id, "subjectId", "ownerId", "campaignId", "batchId", step, model, "estimateMicros", now() FROM allowed
    )
    SELECT w."subjectId", w.step, b.result,
           CASE WHEN b.step IS NOT NULL THEN 'BOUGHT'
                WHEN w."batchId" IN (SELECT id FROM full_batches) THEN 'BATCH_BUDGET_EXCEEDED'
                WHEN w."ownerId" IN (SELECT id FROM full_owners) THEN 'MONTHLY_BUDGET_EXCEEDED'
                ELSE 'OPEN' END AS state
    FROM wanted w LEFT JOIN bought b ON b."subjectId" = w."subjectId" AND b.step = w.step`;

/**
 * One statement for any number of endings. A settled or failed call returns to the budget what it did not cost; an
 * unknown one nothing, as it may have been paid. Only open calls end, so each ends once. Answers with whose they were.
 */
const endStatement = `
    WITH ended AS (
      UPDATE provider_calls c
      SET status = e.status::"ProviderCallStatus", "latencyMs" = e."latencyMs", "inputTokens" = e."inputTokens",
          "outputTokens" = e."outputTokens", "costMicros" = e."costMicros", "requestId" = e."requestId",
          "errorCode" = e."errorCode", result = e.result, "settledAt" = now()
      FROM jsonb_to_recordset($1::jsonb) AS e(
        "callId" uuid, status text, "latencyMs" int, "inputTokens" int, "outputTokens" int, "costMicros" bigint,
        "requestId" text, "errorCode" text, result jsonb)
      WHERE c.id = e."callId" AND c.status IN ('INTENT', 'SENT')
      RETURNING c."batchId", c."ownerId", c."campaignId", c."subjectId", CASE c.status
        WHEN 'UNKNOWN' THEN 0 ELSE c."estimateMicros" - coalesce(c."costMicros", 0) END AS refund
    ), owner_refund AS (
      UPDATE users u SET "spendMicros" = greatest(0, u."spendMicros" - r.total)
      FROM (SELECT "ownerId", sum(refund) AS total FROM ended GROUP BY 1) r
      WHERE u.id = r."ownerId" AND $2::boolean
    ), batch_refund AS (
      UPDATE batches b SET "committedMicros" = b."committedMicros" - r.total
      FROM (SELECT "batchId", sum(refund) AS total FROM ended GROUP BY 1) r
      WHERE b.id = r."batchId" AND b."maxCostMicros" IS NOT NULL
    )
    SELECT "ownerId", "campaignId", "batchId", "subjectId" AS "postId" FROM ended`;
