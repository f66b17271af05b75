import { UnauthenticatedError } from '../../domain/errors/errors.ts';
import type { Accounts } from '../../services/accounts/accounts.ts';
import type { Viewer } from '../../domain/viewer.ts';

/**
 * Authenticates a request.
 *
 * @param token the access token; undefined if none was sent.
 * @returns the viewer, or the error as a value: operations without a viewer still work.
 */
export async function authenticate(
  accounts: Accounts,
  token: string | undefined,
): Promise<Viewer | UnauthenticatedError | undefined> {
  return token === undefined ? undefined : unlessRefused(accounts.authenticate(token));
}

/** @returns the viewer, or an UnauthenticatedError as a value. @throws every other error, such as ServiceUnavailableError. */
export async function unlessRefused(viewer: Promise<Viewer>): Promise<Viewer | UnauthenticatedError> {
  try {
    return await viewer;
  } catch (error) {
    if (error instanceof UnauthenticatedError) return error;
    throw error;
  }
}
