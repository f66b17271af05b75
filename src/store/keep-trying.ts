import { ConstantBackoff, handleWhen, retry } from 'cockatiel';
import { z } from 'zod';
import { ServiceUnavailableError } from '../domain/errors.ts';

/**
 * Runs a write again and again while the database is away: twice a second, for five minutes, in which a failover is long
 * over. For what must not be lost, because it was paid for; so it must be right to write it twice.
 */
export const keepTrying = retry(handleWhen(isAway), {
  maxAttempts: 600,
  backoff: new ConstantBackoff(500),
}).dangerouslyUnref();

const codeSchema = z.object({ code: z.string() });
const awayCodes =
  /^(08...|53...|57P0[123]|25006|ECONN\w+|EPIPE|ETIMEDOUT|P1001|P1002|P1008|P1017|P2024|P2028)$/;
const awayMessages = /^(Connection terminated|timeout exceeded when trying|Client has encountered)/;

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof ServiceUnavailableError) return true;
  return awayCodes.test(codeSchema.safeParse(error).data?.code ?? '') || awayMessages.test(error.message);
}
