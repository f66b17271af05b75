import { z } from 'zod';

const graphqlErrorSchema = z.object({
  message: z.string(),
  extensions: z
    .object({
      code: z.string().optional(),
      fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    })
    .optional(),
});

/** The `errors` of a GraphQL answer. */
export const graphqlErrorsSchema = z.array(graphqlErrorSchema).min(1);

/** One reason of a refusal: `code` for programs, `message` for people, `fields` for forms. */
export type Reason = {
  message: string;
  code?: string | undefined;
  fields?: { path: string; message: string }[] | undefined;
};

/** The server refused the request. Sending the same again does not help. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly reasons: readonly Reason[];
  /** Stable codes, such as `NOT_FOUND` or `UNAUTHENTICATED`, in the order of the reasons that have one. */
  readonly codes: readonly string[];

  constructor(reasons: readonly Reason[], options: ErrorOptions = {}) {
    super(reasons.map(({ message }) => message).join('; '), options);
    this.reasons = reasons;
    this.codes = reasons.flatMap(({ code }) => (code === undefined ? [] : [code]));
  }

  /** @param errors the `errors` of an answer. */
  static fromGraphql(errors: z.infer<typeof graphqlErrorsSchema>): RequestError {
    return new RequestError(errors.map(({ message, extensions }) => ({ message, ...extensions })));
  }
}

/** Whether the server refused the token, and not the request itself. */
export function isUnauthenticated(error: unknown): boolean {
  return error instanceof RequestError && error.codes.includes('UNAUTHENTICATED');
}

/** The server did not answer, or stopped in the middle. Sending the request again may help. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/**
 * The system's reason for a failed connection, to append to a message: ` (ECONNREFUSED)`. `fetch` hides it in the cause
 * of its error.
 *
 * @returns the empty string if there is none.
 */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return ` (${error.code})`;
  return systemReason(error.cause);
}
