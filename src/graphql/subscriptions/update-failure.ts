import type { GraphQLError } from 'graphql';
import { NotFoundError, RetryableError, ServiceUnavailableError } from '../../domain/errors/errors.ts';
import type { Update } from '../../services/progress/progress.ts';

/**
 * Why an update cannot be told. Nothing is sent in its place: the subscription tries again after a RetryableError, and
 * ends with any other error.
 *
 * Passing trouble comes first: what else went wrong may be its consequence. A row that was deleted meanwhile is one that
 * an event need not tell of, and the end of what a snapshot shows. An account's snapshot is read again without it.
 *
 * @param errors of its execution; at least one.
 * @returns undefined where there is nothing to tell any more.
 */
export function failureOf(kind: Update['kind'], errors: readonly GraphQLError[]): Error | undefined {
  const passing = errors.map(({ originalError }) => originalError).find(isRetryable);
  if (passing !== undefined) return passing;
  const fault = errors.find(({ originalError }) => !(originalError instanceof NotFoundError));
  if (fault !== undefined) return fault;
  if (kind === 'event' || kind === 'stage') return undefined;
  if (kind === 'user' || kind === 'userGap') return new ServiceUnavailableError({ cause: errors[0] });
  return errors[0];
}

function isRetryable(error: unknown): error is RetryableError {
  return error instanceof RetryableError;
}
