import { z } from 'zod';
import { ServiceUnavailableError } from '../domain/errors/errors.ts';
import type { Logger } from '../telemetry/logger.ts';

/**
 * SQLSTATEs of transient errors (PostgreSQL, appendix A): no connection, no resources (full disk, too many connections), a
 * server that stops or starts, a database that is away or lets nobody in, read-only, timeouts, locks, deadlocks.
 */
const transientStates = /^(08...|28...|3D000|53...|57P0[1235]|57014|25006|25P03|55P03|58030|40001|40P01)$/;

/** The same as named by Prisma's driver adapters. */
const transientKinds: ReadonlySet<string> = new Set([
  'DatabaseNotReachable',
  'DatabaseDoesNotExist',
  'DatabaseAccessDenied',
  'AuthenticationFailed',
  'ConnectionClosed',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
  'TransactionWriteConflict',
]);

/** The same as Prisma's own codes, mostly of transactions that got no connection or took too long. */
const transientCodes = /^P(1000|1001|1002|1003|1008|1010|1017|2024|2034|2037)$/;

/**
 * Prisma's code for every error of a transaction. Transient are those that got no connection or took too long. Prisma says
 * "not found" of one that ended too long ago. A transaction that is used after its end is a bug.
 */
const transactionCode = 'P2028';
const transientTransaction = /Unable to start a transaction|expired transaction|Transaction not found/;

const systemCodes = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENOTFOUND|EAI_AGAIN)$/;

/** Messages of `pg` and its pool about lost or missing connections, which have no code. */
const connectionMessages =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying|timeout expired|Query read timeout|The connection went silent)/;

const codedSchema = z.object({ code: z.string() });
const adapterSchema = z.object({
  cause: z.object({ kind: z.string(), originalCode: z.string().optional() }),
});
const rawQuerySchema = z.object({ meta: z.object({ driverAdapterError: adapterSchema }) });

/** Whether a retry may succeed: the cause is the database or the network, not the statement. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof ServiceUnavailableError) return true;
  const coded = codedSchema.safeParse(error).data?.code ?? '';
  if (transientStates.test(coded) || transientCodes.test(coded) || systemCodes.test(coded)) return true;
  if (coded === transactionCode) return transientTransaction.test(error.message);
  const adapted = adapterOf(error);
  if (adapted !== undefined) {
    return transientKinds.has(adapted.kind) || transientStates.test(adapted.originalCode ?? '');
  }
  return connectionMessages.test(error.message);
}

/** Whether PostgreSQL ended the transaction because of a deadlock or a conflict. */
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

/** Turns transient errors into ServiceUnavailableErrors and counts them for the log. */
export type TransientErrors = {
  /** Runs `work`, up to three times if a deadlock ends it. @throws ServiceUnavailableError for a transient error. */
  attempt<T>(work: () => Promise<T>): Promise<T>;
  /** Runs `work` once. @throws ServiceUnavailableError for a transient error. */
  once<T>(work: () => Promise<T>): Promise<T>;
  /** Counts an error that no caller gets. */
  note(error: Error): void;
};

const deadlockTries = 3;
/** An outage causes thousands of errors: one log line in this time counts them. */
const logEveryMs = 5_000;

/** @param logger gets a warning with the number of errors. */
export function createTransientErrors(logger: Logger): TransientErrors {
  let unlogged = 0;
  let silentUntil = 0;

  function note(error: Error): void {
    unlogged += 1;
    if (performance.now() < silentUntil) return;
    silentUntil = performance.now() + logEveryMs;
    logger.warn({ error: error.message, count: unlogged }, 'database in trouble');
    unlogged = 0;
  }

  /** Counts a transient error. @returns the error to throw. */
  function translate(error: unknown): unknown {
    if (error instanceof ServiceUnavailableError || !(error instanceof Error) || !isTransient(error))
      return error;
    note(error);
    return new ServiceUnavailableError({ cause: error });
  }

  return {
    note,
    once: (work) => work().catch((error: unknown) => Promise.reject(translate(error))),
    async attempt(work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await work();
        } catch (error) {
          if (tries === deadlockTries || !isDeadlock(error)) throw translate(error);
        }
      }
    },
  };
}
