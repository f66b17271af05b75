import type { GraphQLError } from 'graphql';
import { NotFoundError, RetryableError, ServiceUnavailableError } from '../../domain/errors/errors.ts';
import type { Update } from '../../services/progress/progress.ts';

/**
 * Chooses the failure of an update from the errors of its execution. The subscription retries after a RetryableError, and
 * ends with any other error.
 *
 * A RetryableError comes first, because the other errors may follow from it. An event of a deleted row is skipped. A
 * snapshot of a deleted row ends the subscription. A workspace's snapshot with a deleted row is retried.
 *
 * @param errors the errors of the execution, at least one.
 * @returns undefined if the update should be skipped.
 */
export function failureOf(kind: Update['kind'], errors: readonly GraphQLError[]): Error | undefined {
  const retryable = errors.map(({ originalError }) => originalError).find(isRetryable);
  if (retryable !== undefined) return retryable;
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
