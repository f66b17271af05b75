import { costMicros, type Price } from '../domain/pricing.ts';
import { ProviderError } from '../domain/provider-errors.ts';
import type { Database } from '../store/database.ts';
import type { Prisma } from '../store/generated/prisma/client.ts';
import type { Purchase } from './provider.ts';

/** What a call is for. */
export type CallPurpose = {
  ownerId: string;
  batchId: string;
  /** The post (later: article, source) that is worked on. */
  subjectId: string;
  /** Which part of it, such as `caption`. */
  step: string;
  model: string;
};

export type Ledger = {
  /**
   * Buys something once. What an earlier run of the same subject and step has paid for is returned from the
   * ledger; otherwise the call is written down before it is sent, and settled when its answer is here.
   *
   * @param call sends the request. Its value is stored as JSON, so it must be what a later run needs.
   * @param parse reads a stored value back.
   */
  buy<T extends Prisma.InputJsonValue>(
    purpose: CallPurpose,
    call: () => Promise<Purchase<T>>,
    parse: (stored: unknown) => T,
  ): Promise<T>;
};

/**
 * @param priceOf the price of each model in use.
 */
export function createLedger(database: Database, priceOf: (model: string) => Price): Ledger {
  const { providerCall } = database.prisma;
  return {
    async buy(purpose, call, parse) {
      const { subjectId, step } = purpose;
      const settled = await providerCall.findFirst({ where: { subjectId, step, status: 'SETTLED' } });
      if (settled !== null) return parse(settled.result);

      const { id } = await providerCall.create({ data: purpose, select: { id: true } });
      const sentAt = performance.now();
      const latencyMs = () => Math.round(performance.now() - sentAt);
      try {
        const { value, usage, requestId } = await call();
        await providerCall.update({
          where: { id },
          data: {
            status: 'SETTLED',
            ...usage,
            costMicros: costMicros(priceOf(purpose.model), usage),
            latencyMs: latencyMs(),
            requestId: requestId ?? null,
            result: value,
            settledAt: new Date(),
          },
        });
        return value;
      } catch (error) {
        await providerCall.update({
          where: { id },
          data: {
            status: 'FAILED',
            latencyMs: latencyMs(),
            errorCode: error instanceof ProviderError ? error.code : 'INTERRUPTED',
            settledAt: new Date(),
          },
        });
        throw error;
      }
    },
  };
}
