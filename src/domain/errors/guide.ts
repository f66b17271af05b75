import type * as errors from './errors.ts';

type ErrorClasses = typeof errors;

/** Codes of all errors that reach a client. */
export type ErrorCode =
  | {
      [Name in keyof ErrorClasses]: ErrorClasses[Name] extends new (...args: never) => { code: infer Code }
        ? Code
        : never;
    }[keyof ErrorClasses]
  | 'DOCUMENT_TOO_LARGE'
  | 'ANSWER_TOO_LARGE'
  | 'TOO_MANY_ERRORS'
  | 'SYNTAX_ERROR'
  | 'HOST_NOT_ALLOWED'
  | 'ORIGIN_NOT_ALLOWED'
  | 'INTERNAL';

/** What a caller should know about a code. `retry` says whether the same request may succeed later. */
export type Guidance = { meaning: string; retry: string; action: string };

const never = 'No';

/** What callers can do about each code. docs/errors.md is made from it. */
export const errorGuide: Readonly<Record<ErrorCode, Guidance>> = {
  INVALID_INPUT: {
    meaning: 'The input breaks a rule; nothing was written.',
    retry: never,
    action: 'Show `fields` at the form’s fields, and send what fits.',
  },
  NOT_FOUND: {
    meaning: 'There is no such thing, or it is not yours.',
    retry: never,
    action: 'Look at the id that `path` names. It may have been deleted.',
  },
  UNAUTHENTICATED: {
    meaning: 'The request carries no valid access token.',
    retry: 'After a login',
    action: 'Log in, and repeat the request with the new token.',
  },
  FORBIDDEN: {
    meaning: 'Your role in the workspace does not allow it; nothing was changed.',
    retry: 'With the role that it needs',
    action: 'Ask an owner of the workspace. Show only what `me.role` allows.',
  },
  WRONG_CREDENTIALS: {
    meaning: 'Email and password do not belong together.',
    retry: never,
    action: 'Ask for them again.',
  },
  INVALID_REFRESH_TOKEN: {
    meaning: 'The refresh token is unknown, expired, or was used before; in that case its session has ended.',
    retry: never,
    action: 'Log in.',
  },
  RATE_LIMITED: {
    meaning: 'Too many requests of this account, this address, or everybody.',
    retry: 'After `retryAfter` seconds',
    action: 'Wait as long as it says, and send less at once.',
  },
  SERVICE_UNAVAILABLE: {
    meaning: 'Something that the answer needs cannot be asked now; nothing was written.',
    retry: 'Yes, after a while',
    action: 'Repeat the request with growing pauses.',
  },
  ORDER_LIMIT: {
    meaning: 'Too many posts of your earlier orders are not written yet; nothing was written.',
    retry: 'After `retryAfter` seconds',
    action: 'Wait as long as it says, and order less at once.',
  },
  EMAIL_TAKEN: {
    meaning: 'An account with this email exists.',
    retry: never,
    action: 'Log in instead.',
  },
  IDEMPOTENCY_CONFLICT: {
    meaning: 'The key was used with another input in the last 24 hours.',
    retry: never,
    action: 'Take a new key for the new order, or repeat the first input.',
  },
  BATCH_STATE: {
    meaning: 'The batch cannot be controlled this way as it stands now.',
    retry: 'When it stands elsewhere',
    action: 'Read `Batch.status`. A cancelled batch stays cancelled: start a new one.',
  },
  CAMPAIGN_STATE: {
    meaning: 'The campaign is archived, or it has unfinished batches.',
    retry: 'When that is changed',
    action: 'Restore it before you start a batch; cancel its batches before you delete it.',
  },
  POST_STATE: {
    meaning: 'The post has no content yet, is being made, or belongs to a cancelled batch.',
    retry: 'When it is completed',
    action: 'Follow its batch with `batchEvents`, and repeat the request after its `PostCompletedEvent`.',
  },
  VERSION_CONFLICT: {
    meaning: 'Somebody changed the post since you read it; nothing was written.',
    retry: 'With the new version',
    action: 'Read the post again, show both texts, and repeat the change with its `version`.',
  },
  DOCUMENT_TOO_LARGE: {
    meaning:
      'The document asks for more than one operation may; nothing was run. Mutations and subscriptions may ask for less than queries: for no answer that could have more than 8 MiB.',
    retry: never,
    action: 'Ask for fewer fields, aliases, fragments or rows at once, in several requests.',
  },
  ANSWER_TOO_LARGE: {
    meaning: 'The answer to the query has more than 8 MiB.',
    retry: never,
    action: 'Ask for fewer rows or long fields at once.',
  },
  TOO_MANY_ERRORS: {
    meaning: 'The answer has more errors than the 20 that are listed before this one.',
    retry: never,
    action: 'Mend those that are listed, and ask again.',
  },
  SYNTAX_ERROR: {
    meaning: 'The document is not GraphQL.',
    retry: never,
    action: 'Mend it where the message says.',
  },
  HOST_NOT_ALLOWED: {
    meaning: 'The server is not known under the host that the request names.',
    retry: never,
    action: 'Use a name of the server’s, or add this one to `ALLOWED_HOSTS`.',
  },
  ORIGIN_NOT_ALLOWED: {
    meaning: 'Pages of this origin may not call the server.',
    retry: never,
    action: 'Add the origin to `ALLOWED_ORIGINS`.',
  },
  INTERNAL: {
    meaning: 'Something went wrong on our side; what it was stands in the server’s log.',
    retry: 'Yes, after a while',
    action:
      'Repeat reads; repeat `startBatch` with the same idempotency key. Report the `x-request-id` if it stays.',
  },
};

/** Codes of `Batch.pauseReason`: why a batch is paused, and what resumes it. */
export const pauseGuide: Readonly<Record<string, string>> = {
  REQUESTED: 'Somebody paused it. Resume it.',
  BATCH_BUDGET_EXCEEDED: 'Its `maxCost` does not suffice for the next post. Resume it with a higher one.',
  MONTHLY_BUDGET_EXCEEDED: 'The account’s month is spent. Resume it next month.',
  QUOTA_EXHAUSTED:
    'The server’s account at the AI provider has no credit left. Resume it when that is mended.',
  PROVIDER_REJECTED_KEY:
    'The AI provider does not accept the server’s key, region or permissions. Resume it when that is mended.',
  PROVIDER_MODEL_UNAVAILABLE:
    'The AI provider has no such model, or no such address, as the server is set to use. Resume it when that is mended.',
  PROVIDER_ANSWERS_USELESS:
    'Five answers of a model in a row were of no use, and each was paid. Resume it when the model answers well again.',
};
