import * as z from 'zod/mini';

const graphqlErrorSchema = z.object({
  message: z.string(),
  extensions: z.optional(
    z.object({
      code: z.optional(z.string()),
      fields: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
      retryAfter: z.optional(z.number()),
    }),
  ),
});

/** The `errors` of a GraphQL answer. */
export const graphqlErrorsSchema = z.array(graphqlErrorSchema).check(z.minLength(1));

/** One reason of a refusal: `code` for programs, `message` for people, `fields` for forms, `retryAfter` in seconds. */
export type Reason = {
  message: string;
  code?: string | undefined;
  fields?: { path: string; message: string }[] | undefined;
  retryAfter?: number | undefined;
};

/** The server refused the request. Sending the same again helps only if `retryAfter` is set, and only after that time. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly reasons: readonly Reason[];
  /** Stable codes, such as `NOT_FOUND` or `UNAUTHENTICATED`, in the order of the reasons that have one. */
  readonly codes: readonly string[];
  /** Seconds to wait before the same request may succeed. Undefined if waiting does not help. */
  readonly retryAfter: number | undefined;

  constructor(reasons: readonly Reason[], options: ErrorOptions = {}) {
    super(reasons.map(({ message }) => message).join('; '), options);
    this.reasons = reasons;
    this.codes = reasons.flatMap(({ code }) => (code === undefined ? [] : [code]));
    const waits = reasons.flatMap(({ retryAfter }) => retryAfter ?? []);
    this.retryAfter = waits.length === 0 ? undefined : Math.max(...waits);
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
