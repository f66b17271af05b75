import type { GraphQLError } from 'graphql';
import { NotFoundError, RetryableError, ServiceUnavailableError } from '../../domain/errors/errors.ts';
import type { Update } from '../../services/progress/progress.ts';

/**
 * Why an update cannot be told. The subscription tries again after a RetryableError, and ends with any other error.
 * Nothing is sent in place of the update.
 *
 * Passing trouble comes first: the other errors may be its consequence. An event of a deleted row is left out. A snapshot of
 * a deleted row ends the subscription. An account's snapshot with a deleted row may be asked for again.
 *
 * @param errors of its execution; at least one.
 * @returns undefined when there is nothing to tell any more.
 */
export function failureOf(kind: Update['kind'], errors: readonly GraphQLError[]): Error | undefined {
  const passing = errors.map(({ originalError }) => originalError).find(isRetryable);
  if (passing !== undefined) return passing;
  const fault = errors.find(({ originalError }) => !(originalError instanceof NotFoundError));
  if (fault !== undefined) return fault;
  if (kind === 'event' || kind === 'stage') return undefined;
  if (kind === 'workspace' || kind === 'workspaceGap')
    return new ServiceUnavailableError({ cause: errors[0] });
  return errors[0];
}

function isRetryable(error: unknown): error is RetryableError {
  return error instanceof RetryableError;
}
