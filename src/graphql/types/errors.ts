import {
  BatchStateError,
  CampaignStateError,
  EmailTakenError,
  RegistrationClosedError,
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
import { resultErrorGuide } from '../../domain/errors/guide.ts';
import { builder } from '../builder.ts';
import { codeEnum } from './codes.ts';
import { RoleEnum } from './accounts/workspace.ts';

const ErrorCodeEnum = codeEnum(
  'ErrorCode',
  'Codes of expected failures.',
  Object.fromEntries(Object.entries(resultErrorGuide).map(([code, { meaning }]) => [code, meaning])),
);

const ErrorInterface = builder.interfaceRef<PressrunError>('Error').implement({
  description: 'An expected failure. Every mutation returns either its result or an error.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeEnum, description: 'A stable code for programs.' }),
    message: t.exposeString('message', { description: 'A message for people. The text may change.' }),
  }),
});

const FieldFaultRef = builder.objectRef<FieldFault>('FieldFault').implement({
  description: 'A problem with one input field.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'The path of the field, such as `input.postCount`.' }),
    message: t.exposeString('message', { description: 'The rule that the value breaks.' }),
  }),
});

builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  description: 'The input is invalid. Nothing was changed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    fields: t.expose('fields', { type: [FieldFaultRef], description: 'All invalid fields.' }),
  }),
});

builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description:
    'The object does not exist or belongs to another workspace. The two cases cannot be told apart.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    path: t.exposeString('path', { description: 'The path of the input field with the id.' }),
  }),
});

builder.objectType(VersionConflictError, {
  name: 'VersionConflictError',
  description: 'The post or the brand was changed after you read it. Nothing was changed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    currentVersion: t.exposeInt('currentVersion', {
      description: 'The current version of the post or the brand.',
    }),
  }),
});

builder.objectType(ForbiddenError, {
  name: 'ForbiddenError',
  description: 'Your role in the workspace does not allow this operation. Nothing was changed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    role: t.expose('role', { type: RoleEnum, description: 'The lowest role that may do this.' }),
  }),
});

const plainErrors = [
  [UnauthenticatedError, 'UnauthenticatedError', 'The request carries no valid access token.'],
  [BatchStateError, 'BatchStateError', 'The status of the batch does not allow this operation.'],
  [CampaignStateError, 'CampaignStateError', 'The status of the campaign does not allow this operation.'],
  [PostStateError, 'PostStateError', 'The status of the post does not allow this operation.'],
  [RegistrationClosedError, 'RegistrationClosedError', 'The server takes no new users.'],
  [EmailTakenError, 'EmailTakenError', 'A user with this email address already exists.'],
  [
    InvalidRefreshTokenError,
    'InvalidRefreshTokenError',
    'The refresh token is unknown or already used, or its session has ended.',
  ],
  [WrongCredentialsError, 'WrongCredentialsError', 'The email address or the password is wrong.'],
  [
    IdempotencyConflictError,
    'IdempotencyConflictError',
    'The idempotency key was used with different input in the last 24 hours.',
  ],
] as const;
for (const [type, name, description] of plainErrors) {
  builder.objectType(type, { name, description, interfaces: [ErrorInterface] });
}

const RetryableErrorInterface = builder.interfaceRef<RetryableError>('RetryableError').implement({
  description: 'A temporary failure. Nothing was changed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    retryAfter: t.exposeInt('retryAfter', { description: 'Seconds to wait before you try again.' }),
  }),
});

const retryableErrors = [
  [RateLimitedError, 'RateLimitedError', 'Too many requests in a short time.'],
  [
    OrderLimitError,
    'OrderLimitError',
    'Too many posts of earlier batches are still unfinished. Nothing was changed.',
  ],
  [
    ServiceUnavailableError,
    'ServiceUnavailableError',
    'The service is overloaded, or a part of it is not available.',
  ],
] as const;
for (const [type, name, description] of retryableErrors) {
  builder.objectType(type, { name, description, interfaces: [ErrorInterface, RetryableErrorInterface] });
}
