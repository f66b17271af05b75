import { z } from 'zod';
import { ServiceUnavailableError } from '../domain/errors/errors.ts';
import type { Logger } from '../telemetry/logger.ts';

/**
 * SQLSTATEs of trouble that passes without a change of ours (PostgreSQL, appendix A): no connection, no resources (full
 * disk, too many connections), a server that stops or starts, read-only, time-outs, locks that were not had, deadlocks.
 */
const passingStates = /^(08...|53...|57P0[1235]|57014|25006|25P03|55P03|58030|40001|40P01)$/;

/** The same in the words of Prisma's driver adapters. */
const passingKinds: ReadonlySet<string> = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
  'TransactionWriteConflict',
]);

/** The same in the words of Prisma itself: mostly transactions that got no connection, or took too long. */
const passingCodes = /^P(1001|1002|1008|1017|2024|2034|2037)$/;

/**
 * Prisma's code for all that is wrong with a transaction. One that got no connection, or took too long, passes; the last 100
 * that ended are known, so of an older one it says "not found". One that is used after its end is a bug.
 */
const transactionCode = 'P2028';
const passingTransaction = /Unable to start a transaction|expired transaction|Transaction not found/;

const systemCodes = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENOTFOUND|EAI_AGAIN)$/;

/** What `pg` and its pool say of a connection that ended or could not be had; they have no code for it. */
const connectionMessages =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying|timeout expired|Query read timeout|The connection went silent)/;

const codedSchema = z.object({ code: z.string() });
const adapterSchema = z.object({
  cause: z.object({ kind: z.string(), originalCode: z.string().optional() }),
});
const rawQuerySchema = z.object({ meta: z.object({ driverAdapterError: adapterSchema }) });

/** @returns whether the same may succeed in a moment: the database, or the way to it, is in trouble, and not what was asked. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof ServiceUnavailableError) return true;
  const coded = codedSchema.safeParse(error).data?.code ?? '';
  if (passingStates.test(coded) || passingCodes.test(coded) || systemCodes.test(coded)) return true;
  if (coded === transactionCode) return passingTransaction.test(error.message);
  const adapted = adapterOf(error);
  if (adapted !== undefined) {
    return passingKinds.has(adapted.kind) || passingStates.test(adapted.originalCode ?? '');
  }
  return connectionMessages.test(error.message);
}

/** @returns whether PostgreSQL ended it for others to go on: a deadlock, or a conflict of transactions. */
function isDeadlock(error: unknown): boolean {
  if (error instanceof ServiceUnavailableError) return isDeadlock(error.cause);
  const code = codedSchema.safeParse(error).data?.code ?? '';
  return code === '40001' || code === '40P01' || adapterOf(error)?.kind === 'TransactionWriteConflict';
}

function adapterOf(error: unknown): z.infer<typeof adapterSchema>['cause'] | undefined {
  return (
    adapterSchema.safeParse(error).data?.cause ??
    rawQuerySchema.safeParse(error).data?.meta.driverAdapterError.cause
  );
}

/** Makes ServiceUnavailableErrors of passing trouble, and counts it for the log. */
export type TransientErrors = {
  /** Runs `work`, and anew where it was ended for a deadlock: three tries in all. @throws ServiceUnavailableError for passing trouble. */
  attempt<T>(work: () => Promise<T>): Promise<T>;
  /** Runs `work` once. @throws ServiceUnavailableError for passing trouble. */
  once<T>(work: () => Promise<T>): Promise<T>;
  /** Counts trouble that nobody waits for. */
  note(error: Error): void;
};

const deadlockTries = 3;
/** Trouble comes in thousands: one line with the number of them for so many milliseconds. */
const tellEveryMs = 5_000;

export function createTransientErrors(logger: Logger): TransientErrors {
  let untold = 0;
  let silentUntil = 0;

  function note(error: Error): void {
    untold += 1;
    if (performance.now() < silentUntil) return;
    silentUntil = performance.now() + tellEveryMs;
    logger.warn({ error: error.message, count: untold }, 'database in trouble');
    untold = 0;
  }

  function toldOf(error: unknown): unknown {
    if (error instanceof ServiceUnavailableError || !(error instanceof Error) || !isPassing(error))
      return error;
    note(error);
    return new ServiceUnavailableError({ cause: error });
  }

  return {
    note,
    once: (work) => work().catch((error: unknown) => Promise.reject(toldOf(error))),
    async attempt(work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await work();
        } catch (error) {
          if (tries === deadlockTries || !isDeadlock(error)) throw toldOf(error);
        }
      }
    },
  };
}
