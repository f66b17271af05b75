import type { Role } from '../viewer.ts';

/**
 * Failures that a caller can act on. Only these reach a client as data; everything else is masked.
 * `code` is stable and part of the API.
 */
export abstract class PressrunError extends Error {
  abstract readonly code: string;
}

/** A problem with one input field. `path` is such as `input.postCount`. */
export type FieldFault = { path: string; message: string };

/** One error names at most this many bad fields. */
const maxFaults = 20;

/** The input breaks a rule. Names every bad field, at most 20. Nothing was changed. */
export class InvalidInputError extends PressrunError {
  override readonly name = 'InvalidInputError';
  readonly code = 'INVALID_INPUT';
  readonly fields: FieldFault[];

  constructor(fields: FieldFault[]) {
    const named = fields.slice(0, maxFaults);
    const more = fields.length - named.length;
    const faults = named.map((fault) => `${fault.path}: ${fault.message}`);
    super([...faults, ...(more > 0 ? [`and ${more} more`] : [])].join('; '));
    this.fields = named;
  }
}

/** The row does not exist or belongs to another workspace. Callers cannot tell which. */
export class NotFoundError extends PressrunError {
  override readonly name = 'NotFoundError';
  readonly code = 'NOT_FOUND';
  readonly what: string;
  /** The input field that holds the id, as in `input.campaignId`. */
  readonly path: string;

  constructor(what: string, path: string) {
    super(`There is no ${what} with this id.`);
    this.what = what;
    this.path = path;
  }
}

/** The batch's status does not allow this action, such as resuming a cancelled batch. */
export class BatchStateError extends PressrunError {
  override readonly name = 'BatchStateError';
  readonly code = 'BATCH_STATE';

  constructor(status: string, action: string) {
    super(`A batch that is ${status} cannot be ${action}.`);
  }
}

/** The campaign's status does not allow this action, such as a new batch of an archived campaign. */
export class CampaignStateError extends PressrunError {
  override readonly name = 'CampaignStateError';
  readonly code = 'CAMPAIGN_STATE';
}

/** The post's status does not allow this change, such as an edit of a post without content. */
export class PostStateError extends PressrunError {
  override readonly name = 'PostStateError';
  readonly code = 'POST_STATE';
}

/** What is to be changed was changed after the caller read it. Nothing was changed. */
export class VersionConflictError extends PressrunError {
  override readonly name = 'VersionConflictError';
  readonly code = 'VERSION_CONFLICT';
  /** The version that it has now. */
  readonly currentVersion: number;

  constructor(currentVersion: number, what = 'post') {
    super(`The ${what} was changed after you read it. Read it again, then repeat your change.`);
    this.currentVersion = currentVersion;
  }
}

/** The idempotency key was used before with different input. */
export class IdempotencyConflictError extends PressrunError {
  override readonly name = 'IdempotencyConflictError';
  readonly code = 'IDEMPOTENCY_CONFLICT';

  constructor() {
    super('This idempotency key was used with different input. Use a new key, or repeat the first input.');
  }
}

/** A user with this email address already exists. */
export class EmailTakenError extends PressrunError {
  override readonly name = 'EmailTakenError';
  readonly code = 'EMAIL_TAKEN';

  constructor() {
    super('A user with this email address already exists. Log in instead.');
  }
}

/** This server registers nobody. */
export class RegistrationClosedError extends PressrunError {
  override readonly name = 'RegistrationClosedError';
  readonly code = 'REGISTRATION_CLOSED';

  constructor() {
    super('This server takes no new users. Ask its operator.');
  }
}

/** Email or password is wrong. The error does not say which. */
export class WrongCredentialsError extends PressrunError {
  override readonly name = 'WrongCredentialsError';
  readonly code = 'WRONG_CREDENTIALS';

  constructor() {
    super('Email or password is wrong.');
  }
}

/** The request carries no valid access token. */
export class UnauthenticatedError extends PressrunError {
  override readonly name = 'UnauthenticatedError';
  readonly code = 'UNAUTHENTICATED';

  constructor(
    message = 'Log in and send the access token as "authorization: Bearer …".',
    options: ErrorOptions = {},
  ) {
    super(message, options);
  }
}

/** The viewer's role in the workspace does not allow the operation. Nothing was changed. */
export class ForbiddenError extends PressrunError {
  override readonly name = 'ForbiddenError';
  readonly code = 'FORBIDDEN';
  /** The role that is needed. */
  readonly role: Role;

  constructor(role: Role) {
    super(`This needs the role ${role} in the workspace.`);
    this.role = role;
  }
}

/** The refresh token is unknown, was used before, or its session has ended. */
export class InvalidRefreshTokenError extends PressrunError {
  override readonly name = 'InvalidRefreshTokenError';
  readonly code = 'INVALID_REFRESH_TOKEN';

  constructor() {
    super('This refresh token is not valid, or no longer valid. Log in again.');
  }
}

/** The same request may succeed later. */
export abstract class RetryableError extends PressrunError {
  /** Seconds to wait before the next try. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number, options: ErrorOptions = {}) {
    super(message, options);
    this.retryAfter = retryAfter;
  }
}

/** The caller sent too many requests in too little time. */
export class RateLimitedError extends RetryableError {
  override readonly name = 'RateLimitedError';
  readonly code = 'RATE_LIMITED';

  constructor(retryAfter: number) {
    super(`Too many requests. Try again in ${retryAfter} s.`, retryAfter);
  }
}

/** A service that this server needs does not answer, or the server is overloaded. Nothing was changed. */
export class ServiceUnavailableError extends RetryableError {
  override readonly name = 'ServiceUnavailableError';
  readonly code = 'SERVICE_UNAVAILABLE';

  constructor(options: ErrorOptions = {}) {
    super('The service cannot answer right now. Try again in a moment.', 1, options);
  }
}

/** Too many posts of earlier batches are still unfinished. Nothing was changed. */
export class OrderLimitError extends RetryableError {
  override readonly name = 'OrderLimitError';
  readonly code = 'ORDER_LIMIT';

  constructor(atMost: number) {
    super(`A workspace may have at most ${atMost} unfinished posts. Try again in a minute.`, 60);
  }
}
