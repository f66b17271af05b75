import type * as errors from './errors.ts';
import { providerErrorCodes, type PauseReason, type WaitReason } from './provider-errors.ts';

type ErrorClasses = typeof errors;

/** Codes of errors that are data: each is the `code` of a GraphQL type. */
export type ResultErrorCode = {
  [Name in keyof ErrorClasses]: ErrorClasses[Name] extends new (...args: never) => { code: infer Code }
    ? Code
    : never;
}[keyof ErrorClasses];

/** Codes of refusals that no type stands for: they come in `errors[].extensions.code`. */
export type RefusalCode =
  | 'BAD_REQUEST'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'REQUEST_TOO_LARGE'
  | 'DOCUMENT_NOT_ALLOWED'
  | 'DOCUMENT_TOO_LARGE'
  | 'ANSWER_TOO_LARGE'
  | 'TOO_MANY_ERRORS'
  | 'SYNTAX_ERROR'
  | 'OPERATION_RESOLUTION_FAILURE'
  | 'HOST_NOT_ALLOWED'
  | 'ORIGIN_NOT_ALLOWED'
  | 'INTERNAL';

/** Codes of all errors that reach a client. */
export type ErrorCode = ResultErrorCode | RefusalCode;

/** Guidance for callers about a code. `retry` says whether the same request may succeed later. */
export type Guidance = { meaning: string; retry: string; action: string };

const never = 'No';

/** Guidance for the codes of errors that are data. */
export const resultErrorGuide: Readonly<Record<ResultErrorCode, Guidance>> = {
  INVALID_INPUT: {
    meaning: 'The input is invalid. Nothing was changed.',
    retry: never,
    action: 'Show each message of `fields` at its form field, and send valid input.',
  },
  NOT_FOUND: {
    meaning: 'The object does not exist, or it belongs to another workspace.',
    retry: never,
    action: 'Check the id that `path` names. The object may have been deleted.',
  },
  UNAUTHENTICATED: {
    meaning: 'The request carries no valid access token.',
    retry: 'After a login',
    action: 'Log in, then repeat the request with the new token.',
  },
  FORBIDDEN: {
    meaning: 'Your role in the workspace does not allow this operation. Nothing was changed.',
    retry: 'With the required role',
    action: 'Ask an owner of the workspace. Offer only what `me.role` allows.',
  },
  WRONG_CREDENTIALS: {
    meaning: 'The email address or the password is wrong.',
    retry: never,
    action: 'Ask the user for both again.',
  },
  INVALID_REFRESH_TOKEN: {
    meaning: 'The refresh token is unknown, expired or already used. A second use ends its session.',
    retry: never,
    action: 'Log in again.',
  },
  RATE_LIMITED: {
    meaning: 'Too many requests from this user, this address, or all clients together.',
    retry: 'After `retryAfter` seconds',
    action: 'Wait for that time, then send fewer requests at once.',
  },
  SERVICE_UNAVAILABLE: {
    meaning: 'A service that the request needs is not available. Nothing was changed.',
    retry: 'Yes, after a while',
    action: 'Repeat the request with increasing delays.',
  },
  ORDER_LIMIT: {
    meaning: 'Too many posts of earlier batches are still unfinished. Nothing was changed.',
    retry: 'After `retryAfter` seconds',
    action: 'Wait for that time, then order fewer posts at once.',
  },
  EMAIL_TAKEN: {
    meaning: 'A user with this email address already exists.',
    retry: never,
    action: 'Log in instead.',
  },
  REGISTRATION_CLOSED: {
    meaning: 'The server takes no new users (`REGISTRATION=closed`).',
    retry: never,
    action: 'Ask its operator.',
  },
  IDEMPOTENCY_CONFLICT: {
    meaning: 'The idempotency key was used with different input in the last 24 hours.',
    retry: never,
    action: 'Use a new key for a new batch, or repeat the first input.',
  },
  BATCH_STATE: {
    meaning: 'The status of the batch does not allow this operation.',
    retry: 'When its status has changed',
    action: 'Read `Batch.status`. A cancelled batch stays cancelled: start a new batch.',
  },
  CAMPAIGN_STATE: {
    meaning: 'The campaign is archived, or it has unfinished batches.',
    retry: 'When its status has changed',
    action: 'Restore the campaign before you start a batch. Cancel its batches before you delete it.',
  },
  POST_STATE: {
    meaning: 'The post has no content yet, is being generated, or belongs to a cancelled batch.',
    retry: 'When it is completed',
    action:
      'Follow its batch with `batchEvents`, and repeat the request after the `PostCompletedEvent` of the post.',
  },
  VERSION_CONFLICT: {
    meaning: 'The post, plan item or brand was changed after you read it. Nothing was changed.',
    retry: 'With the new version',
    action: 'Read it again, show both versions, and repeat the change with the new `version`.',
  },
};

/** Guidance for the codes of refusals. */
const refusalGuide: Readonly<Record<RefusalCode, Guidance>> = {
  BAD_REQUEST: {
    meaning:
      'The request is not GraphQL over HTTP: its body is no JSON object with `query`, or a header or an address is malformed.',
    retry: never,
    action: 'Send `{"query": …, "variables": {…}}` as JSON. The message names the part that is wrong.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    meaning:
      'The body is not `application/json`. Forms and files are not accepted, so that other sites cannot send them.',
    retry: never,
    action: 'Send the header `content-type: application/json`.',
  },
  REQUEST_TOO_LARGE: {
    meaning: 'The body exceeds the limit of a request, which is 1 MiB.',
    retry: never,
    action: 'Send less at once.',
  },
  DOCUMENT_NOT_ALLOWED: {
    meaning: 'With `PERSISTED_ONLY`, only the documents of the allow-list run.',
    retry: never,
    action: 'Use a document of the list, or add this one to `PERSISTED_DOCUMENTS`.',
  },
  DOCUMENT_TOO_LARGE: {
    meaning:
      'The document exceeds a limit of one operation, which the message names. Nothing was run. Mutations and subscriptions have a lower limit than queries: their answer must not be able to exceed 8 MiB.',
    retry: never,
    action: 'Request fewer fields, aliases, fragments or rows, and split the document into several requests.',
  },
  ANSWER_TOO_LARGE: {
    meaning: 'The answer to the query exceeds 8 MiB.',
    retry: never,
    action: 'Request fewer rows or fewer long fields at once.',
  },
  TOO_MANY_ERRORS: {
    meaning: 'The answer has more than 20 errors; only the first 20 are listed before this one.',
    retry: never,
    action: 'Fix the listed errors and repeat the request.',
  },
  SYNTAX_ERROR: {
    meaning: 'The document is not valid GraphQL.',
    retry: never,
    action: 'Fix the document at the position in the message.',
  },
  OPERATION_RESOLUTION_FAILURE: {
    meaning:
      'The request names no operation of the document. Only a document with a single operation needs no name.',
    retry: never,
    action: 'Set `operationName` to the name of an operation of the document.',
  },
  HOST_NOT_ALLOWED: {
    meaning: 'The server does not accept the host name of the request.',
    retry: never,
    action: 'Use a host name of the server, or add this one to `ALLOWED_HOSTS`.',
  },
  ORIGIN_NOT_ALLOWED: {
    meaning: 'Pages from this origin may not call the server.',
    retry: never,
    action: 'Add the origin to `ALLOWED_ORIGINS`.',
  },
  INTERNAL: {
    meaning: 'The server failed. The cause is in its log.',
    retry: 'Yes, after a while',
    action:
      'Repeat queries, and `startBatch` with the same idempotency key. If the error persists, report the `x-request-id`.',
  },
};

/** Guidance for each code. docs/errors.md is generated from it. */
export const errorGuide: Readonly<Record<ErrorCode, Guidance>> = { ...resultErrorGuide, ...refusalGuide };

/** Why a run failed on our side, such as that of a post. */
export const ownRunErrors = {
  ABANDONED: 'The worker that made this stopped several times in the middle of it.',
  WORKER_FAILED: 'This server failed several times to make this. Its log says why.',
} as const;

/** Codes of `Post.errorCode`: why a post failed. */
export const postErrorGuide: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(providerErrorCodes).map(([code, { message }]) => [code, message])),
  ...ownRunErrors,
};

/** Codes of `Batch.waitingFor`: why a running batch makes no progress. */
export const waitGuide: Readonly<Record<WaitReason, string>> = {
  PROVIDER_UNAVAILABLE: 'Calls to the AI provider fail.',
  PROVIDER_RATE_LIMITED: 'The AI provider refuses calls because of its rate limit.',
  PROVIDER_SLOW: 'No answer arrives for twice as long as nearly all calls take.',
  QUOTA_EXHAUSTED: providerErrorCodes.QUOTA_EXHAUSTED.message,
  PROVIDER_REJECTED_KEY: providerErrorCodes.PROVIDER_REJECTED_KEY.message,
  PROVIDER_MODEL_UNAVAILABLE: providerErrorCodes.PROVIDER_MODEL_UNAVAILABLE.message,
};

/** Codes of `Batch.pauseReason`: why a batch is paused, and how to resume it. */
export const pauseGuide: Readonly<Record<PauseReason, string>> = {
  REQUESTED: 'A member paused the batch. Resume it.',
  BATCH_BUDGET_EXCEEDED: 'The next post could exceed `maxCost`. Resume the batch with a higher `maxCost`.',
  MONTHLY_BUDGET_EXCEEDED: 'The monthly budget of the workspace is spent. Resume the batch next month.',
  QUOTA_EXHAUSTED:
    'The account of the server at the AI provider has no credit left. Add credit, then resume the batch.',
  PROVIDER_REJECTED_KEY:
    'The AI provider does not accept the key, region or permissions of the server. Fix them, then resume the batch.',
  PROVIDER_MODEL_UNAVAILABLE:
    'The AI provider does not have the model or the address in the settings of the server. Fix the settings, then resume the batch.',
  PROVIDER_ANSWERS_USELESS:
    'Five paid answers of a model in a row were unusable. Resume the batch when the model works again.',
};
