import { UnauthenticatedError } from '../../domain/errors/errors.ts';
import type { Accounts } from '../../services/accounts/accounts.ts';
import type { Viewer } from '../../domain/viewer.ts';

/**
 * @param token an access token, undefined where none was sent.
 * @returns who asks, or why the token does not say so: what needs no account works all the same.
 */
export async function authenticate(
  accounts: Accounts,
  token: string | undefined,
): Promise<Viewer | UnauthenticatedError | undefined> {
  return token === undefined ? undefined : unlessRefused(accounts.authenticate(token));
}

/** @returns the refusal as a value. @throws what is none, such as ServiceUnavailableError. */
export async function unlessRefused(viewer: Promise<Viewer>): Promise<Viewer | UnauthenticatedError> {
  try {
    return await viewer;
  } catch (error) {
    if (error instanceof UnauthenticatedError) return error;
    throw error;
  }
}
