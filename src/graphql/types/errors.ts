import {
  BatchStateError,
  CampaignStateError,
  EmailTakenError,
  ForbiddenError,
  IdempotencyConflictError,
  InvalidInputError,
  InvalidRefreshTokenError,
  NotFoundError,
  OrderLimitError,
  PostStateError,
  type PressrunError,
  RateLimitedError,
  type RetryableError,
  ServiceUnavailableError,
  UnauthenticatedError,
  VersionConflictError,
  WrongCredentialsError,
  type FieldFault,
} from '../../domain/errors/errors.ts';
import { builder } from '../builder.ts';
import { RoleEnum } from './accounts/workspace.ts';

const ErrorInterface = builder.interfaceRef<PressrunError>('Error').implement({
  description: 'An expected failure. Every mutation answers with its result or with one of these.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Stable; programs decide by it.' }),
    message: t.exposeString('message', { description: 'For people; may change.' }),
  }),
});

const FieldFaultRef = builder.objectRef<FieldFault>('FieldFault').implement({
  description: 'What is wrong with one field of the input.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Which field, as in `input.postCount`.' }),
    message: t.exposeString('message', { description: 'Which rule it breaks.' }),
  }),
});

builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  description: 'The input breaks rules; nothing was written.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ fields: t.expose('fields', { type: [FieldFaultRef], description: 'Every bad field.' }) }),
});

builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description: 'There is no such thing, or it is not yours: both answer alike.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ path: t.exposeString('path', { description: 'The input field that holds the id.' }) }),
});

builder.objectType(VersionConflictError, {
  name: 'VersionConflictError',
  description: 'Somebody changed the post since you read it; nothing was written.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    currentVersion: t.exposeInt('currentVersion', { description: 'The version that the post has now.' }),
  }),
});

builder.objectType(ForbiddenError, {
  name: 'ForbiddenError',
  description: 'Your role in the workspace does not allow it; nothing was changed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ role: t.expose('role', { type: RoleEnum, description: 'The role that is needed.' }) }),
});

const plainErrors = [
  [UnauthenticatedError, 'UnauthenticatedError', 'The request carries no valid access token.'],
  [BatchStateError, 'BatchStateError', 'The batch cannot be controlled this way as it stands now.'],
  [CampaignStateError, 'CampaignStateError', 'The campaign cannot be used this way as it stands now.'],
  [PostStateError, 'PostStateError', 'The post cannot be changed this way as it stands now.'],
  [EmailTakenError, 'EmailTakenError', 'An account with this email exists.'],
  [
    InvalidRefreshTokenError,
    'InvalidRefreshTokenError',
    'The refresh token is not known, was used before, or its session has ended.',
  ],
  [WrongCredentialsError, 'WrongCredentialsError', 'Email and password do not belong together.'],
  [
    IdempotencyConflictError,
    'IdempotencyConflictError',
    'The key was used with another input in the last 24 hours.',
  ],
] as const;
for (const [type, name, description] of plainErrors) {
  builder.objectType(type, { name, description, interfaces: [ErrorInterface] });
}

const RetryableErrorInterface = builder.interfaceRef<RetryableError>('RetryableError').implement({
  description: 'A failure that may pass. Nothing was changed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    retryAfter: t.exposeInt('retryAfter', { description: 'Seconds after which asking again may help.' }),
  }),
});

const retryableErrors = [
  [RateLimitedError, 'RateLimitedError', 'Too much was asked in too little time.'],
  [
    OrderLimitError,
    'OrderLimitError',
    'Too many posts of your earlier orders are not written yet; nothing was written.',
  ],
  [ServiceUnavailableError, 'ServiceUnavailableError', 'The service has too much to do right now.'],
] as const;
for (const [type, name, description] of retryableErrors) {
  builder.objectType(type, { name, description, interfaces: [ErrorInterface, RetryableErrorInterface] });
}
