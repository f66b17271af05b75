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

/** Errors as GraphQL sends them, under `errors` of an answer. */
export const graphqlErrorsSchema = z.array(graphqlErrorSchema).min(1);

/** One reason of a refusal: for programs (`code`), for people (`message`), and for forms (`fields`). */
export type Reason = {
  message: string;
  code?: string | undefined;
  fields?: { path: string; message: string }[] | undefined;
};

/** The server answered, and the answer is no. Asking the same again does not help. */
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

  /** @param errors what stands under `errors` of an answer. */
  static fromGraphql(errors: z.infer<typeof graphqlErrorsSchema>): RequestError {
    return new RequestError(errors.map(({ message, extensions }) => ({ message, ...extensions })));
  }
}

/** Whether the server refused the token, and not what was asked with it. */
export function isUnauthenticated(error: unknown): boolean {
  return error instanceof RequestError && error.codes.includes('UNAUTHENTICATED');
}

/** The server did not answer, or stopped in the middle. Asking again may help. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/**
 * What the system says of a failed connection, to stand behind a message: ` (ECONNREFUSED)`. `fetch` hides it
 * in the cause of its error.
 *
 * @returns the empty string where it says nothing.
 */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return ` (${error.code})`;
  return systemReason(error.cause);
}
