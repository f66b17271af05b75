import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import {
  InvalidInputError,
  NotFoundError,
  RateLimitedError,
  ServiceUnavailableError,
} from '../../../src/domain/errors/errors.ts';
import { failureOf } from '../../../src/graphql/subscriptions/update-failure.ts';

const gone = new NotFoundError('post', 'postId');
const away = new ServiceUnavailableError();
const bug = new TypeError('a bug');
const badInput = new InvalidInputError([{ path: 'first', message: 'must be at most 100' }]);

const errorsOf = (causes: readonly Error[]) =>
  causes.map((originalError) => new GraphQLError(originalError.message, { originalError }));

/** The error behind the one that ends the subscription, or that it is tried again for. */
function causeOf(kind: Parameters<typeof failureOf>[0], ...causes: readonly Error[]): unknown {
  const failure = failureOf(kind, errorsOf(causes));
  return failure instanceof GraphQLError ? failure.originalError : failure;
}

describe('an event that cannot be told', () => {
  it('is left out where all that it tells of was deleted', () => {
    expect(causeOf('event', gone, gone)).toBeUndefined();
    expect(causeOf('stage', gone)).toBeUndefined();
  });

  it('is tried again where one cause is passing trouble, whatever else went wrong', () => {
    expect(causeOf('event', gone, away)).toBe(away);
    expect(causeOf('event', bug, gone, away)).toBe(away);
    expect(causeOf('event', badInput, new RateLimitedError(1))).toBeInstanceOf(RateLimitedError);
  });

  it('ends the subscription for a bug, or for a document at fault, beside something that was deleted', () => {
    expect(causeOf('event', gone, bug)).toBe(bug);
    expect(causeOf('event', gone, badInput)).toBe(badInput);
  });
});

describe('a snapshot that cannot be told', () => {
  it('says that the batch or the post was deleted', () => {
    expect(causeOf('batch', gone)).toBe(gone);
    expect(causeOf('batchGap', gone)).toBe(gone);
    expect(causeOf('post', gone)).toBe(gone);
  });

  it('of an account is read again where one of its batches was deleted', () => {
    expect(causeOf('workspace', gone)).toBeInstanceOf(ServiceUnavailableError);
    expect(causeOf('workspaceGap', gone)).toBeInstanceOf(ServiceUnavailableError);
  });
});
