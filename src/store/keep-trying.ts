import { ConstantBackoff, handleType, retry } from 'cockatiel';
import { ServiceUnavailableError } from '../domain/errors.ts';

/**
 * Runs a write again and again while the database is away: twice a second, for five minutes, in which a failover is long
 * over. For what must not be lost, because it was paid for; so it must be right to write it twice.
 */
export const keepTrying = retry(handleType(ServiceUnavailableError), {
  maxAttempts: 600,
  backoff: new ConstantBackoff(500),
}).dangerouslyUnref();
